/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns as wide as what stands in them.
 */
#ifndef CIPSEC_CTL_TABLE_H
#define CIPSEC_CTL_TABLE_H

#include <stddef.h>

#define TABLE_COLUMNS	16

/**
 * struct table - a table being filled
 * @heads: titles, NULL behind the last; one that starts with `>' is of a column
 *	of numbers and stands right
 * @cells: row by row, each allocated
 * @count: cells so far
 */
struct table {
	const char *const *heads;
	char **cells;
	size_t count;
};

void table_add(struct table *table, char *cell);
void table_print(struct table *table);

#endif
