// SPDX-License-Identifier: GPL-2.0-only
/* What a former agent, or anybody with its rights, has left in the kernel. */
#include <stdlib.h>
#include <string.h>

#include "note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct note note, again;
	char out[1024];
	size_t n;

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	if (note_read(&note, copy, len)) {
		/* What was understood can be said again. */
		n = note_write(&note, out, sizeof(out));
		if (n > sizeof(out) || !note_read(&again, (void *)out, n) ||
		    strcmp(note.peer, again.peer))
			abort();
	}
	free(copy);
	return 0;
}
