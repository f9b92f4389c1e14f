# SPDX-License-Identifier: GPL-2.0-or-later
# make            build ./leaktop
# make deps       install what building, running and testing need (Debian, as root)
# make run        open the dashboard on this machine
# make check      lint, unit, schema, privileges, screen and lab tests
# make demo       the whole story in a namespace lab (as root)
VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
PKG_CONFIG ?= pkg-config
BUILD ?= build
CFLAGS ?= -O2 -g
WERROR ?=

PACKAGES := libpcap libcares libcurl libuv ncursesw libmnl jansson libseccomp libcap
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -linih

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wconversion -Wno-sign-conversion -Wcast-qual -Wwrite-strings -Wundef -Wswitch-enum \
	-Wno-switch-enum -Wimplicit-fallthrough
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE
HARDEN_LD := -pie -Wl,-z,relro,-z,now
ifdef SANITIZE
BUILD := build-sanitize
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DLEAKTOP_VERSION='"$(VERSION)"' -Isrc -I$(BUILD)/generated \
	$(WARNINGS) $(if $(WERROR),-Werror) $(HARDEN) $(SANITIZERS) $(LIB_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP
ALL_LDFLAGS = $(HARDEN_LD) $(SANITIZERS) $(LDFLAGS)

SOURCES := $(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
ARCHIVED := $(filter-out $(BUILD)/src/main.o,$(OBJECTS))
ARCHIVE := $(BUILD)/libleaktop.a
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c tests/unit/test_*.c))
UNITS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
BINARY := $(if $(SANITIZE),$(BUILD)/leaktop,leaktop)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

.DELETE_ON_ERROR:
.PHONY: all
all: $(BINARY)

$(BINARY): $(BUILD)/src/main.o $(ARCHIVE)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(ARCHIVE): $(ARCHIVED)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/%: tests/unit/%.c $(ARCHIVE)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(ARCHIVE) $(LIBS) -lcmocka

-include $(OBJECTS:.o=.d) $(UNITS:=.d)

.PHONY: units
units: $(UNITS)
