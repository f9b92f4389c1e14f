# SPDX-License-Identifier: GPL-2.0-or-later
# encrypted.tsv -> rows of a C array, and how much they hold in all. Parsed further at start.
function fail(why)
{
    print FILENAME ":" FNR ": " why > "/dev/stderr"
    failed = 1
    exit 1
}
BEGIN {
    FS = "\t"
    hosts = octets = addresses = 0
    print "/* Made from encrypted.tsv; changes go there. */"
    print "static const struct row rows[] = {"
}
/^#/ || /^$/ { next }
{
    if (NF != 6)
        fail(NF " columns, not 6")
    if ($6 != "yes" && $6 != "no")
        fail("dedicated is yes or no")
    if ($0 ~ /["\\]/)
        fail("no quotes and no backslashes")
    for (i = 2; i <= 4; i++)
        if ($i == "-")
            $i = ""
    # The wire form of a name is one octet longer than its text, and the root label is another.
    count = split($2, list, " ")
    hosts += count
    for (i = 1; i <= count; i++)
        octets += length(list[i]) + 2
    addresses += split($3 " " $4, list, " ")
    both = $3 ($3 != "" && $4 != "" ? " " : "") $4
    printf "    {\"%s\", \"%s\", \"%s\", %s},\n", $1, $2, both, $6 == "yes" ? "true" : "false"
}
END {
    if (failed)
        exit 1
    print "};"
    print "#define ROWS_HOSTS " hosts
    print "#define ROWS_OCTETS " octets
    print "#define ROWS_ADDRESSES " addresses
}
