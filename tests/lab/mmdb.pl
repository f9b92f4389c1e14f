#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Databases of the MaxMind format, in the three shapes that people have.
# usage: mmdb.pl FOLDER
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my $folder = shift or die "usage: mmdb.pl FOLDER\n";
my %types = (
    autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string',
    country => 'map', iso_code => 'utf8_string', asn => 'utf8_string', as_name => 'utf8_string',
    country_code => 'utf8_string',
);

sub make {
    my ($name, $type, %rows) = @_;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version => 6, record_size => 24, database_type => $type, languages => ['en'],
        description => { en => 'made for the test' }, map_key_type_callback => sub { $types{$_[0]} },
        remove_reserved_networks => 0, alias_ipv6_to_ipv4 => 0);
    $tree->insert_network($_, $rows{$_}) for sort keys %rows;
    open my $file, '>:raw', "$folder/$name" or die "$folder/$name: $!\n";
    $tree->write_tree($file);
    close $file or die "$folder/$name: $!\n";
}

make('GeoLite2-ASN.mmdb', 'GeoLite2-ASN', map {
    $_->[0] => { autonomous_system_number => $_->[1], autonomous_system_organization => $_->[2] }
} (['::203.0.113.0/120', 64496, "Database ISP"], ['2001:db8:2::/48', 64496, 'Database ISP'],
   ['2001:db8:1::/48', 64496, 'Database ISP']));
make('GeoLite2-Country.mmdb', 'GeoLite2-Country', map { $_->[0] => { country => { iso_code => $_->[1] } } }
    (['::203.0.113.0/120', 'BE'], ['2001:db8:2::/48', 'BE']));
make('ipinfo_lite.mmdb', 'ipinfo generic_country_asn_free.mmdb', '::203.0.113.0/120' =>
    { asn => 'AS64496', as_name => "Flat\e[31m ISP", country_code => 'LU' });
