/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_KILLSWITCH_H
#define LEAKTOP_TABLES_KILLSWITCH_H

/* Whose kill switch it is, by the name of its table of rules or of its interface: "Mullvad";
 * NULL not known. */
const char *killswitch_table_owner(const char *table);
const char *killswitch_dummy_owner(const char *interface);

#endif
