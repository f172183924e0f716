// SPDX-License-Identifier: GPL-2.0-only
/* Columns as wide as what stands in them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* Add the next cell and take it over. */
void table_add(struct table *table, char *cell)
{
	char **more;

	more = reallocarray(table->cells, table->count + 1, sizeof(*more));
	if (!more || !cell) {
		perror("cipsecctl");
		exit(EXIT_FAILURE);
	}
	table->cells = more;
	table->cells[table->count++] = cell;
}

static const char *title(const char *head)
{
	return head + (*head == '>');
}

static void print_cell(const char *head, const char *cell, size_t width,
		       bool last)
{
	if (*head == '>')
		printf("%*s", (int)width, cell);
	else
		printf("%-*s", last ? 0 : (int)width, cell);
	fputs(last ? "\n" : "  ", stdout);
}

/* Print it and let go of its cells. */
void table_print(struct table *table)
{
	size_t width[TABLE_COLUMNS], columns = 0, i;

	do
		width[columns] = strlen(title(table->heads[columns]));
	while (table->heads[++columns]);

	for (i = 0; i < table->count; i++)
		if (strlen(table->cells[i]) > width[i % columns])
			width[i % columns] = strlen(table->cells[i]);

	for (i = 0; i < columns; i++)
		print_cell(table->heads[i], title(table->heads[i]), width[i],
			   i + 1 == columns);
	for (i = 0; i < table->count; i++) {
		print_cell(table->heads[i % columns], table->cells[i],
			   width[i % columns], (i + 1) % columns == 0);
		free(table->cells[i]);
	}

	free(table->cells);
	table->cells = NULL;
	table->count = 0;
}
