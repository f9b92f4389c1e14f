# SPDX-License-Identifier: GPL-2.0-or-later
# make            build ./leaktop
# make deps       install what building, running and testing need (Debian, as root)
# make run        open the dashboard on this machine
# make check      lint, unit, schema, privileges, screen and lab tests
# make check-apps real browsers and a real Tor network in the lab (as root; installs them)
# make demo       the whole story in a namespace lab (as root)
VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
PKG_CONFIG ?= pkg-config
BUILD ?= build
CFLAGS ?= -O2 -g
WERROR ?=

PACKAGES := libpcap libcares libcurl libuv ncursesw libmnl jansson libseccomp libcap libbpf libcrypto libmaxminddb libsystemd
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

# What is known of the world stands in tables that people read; the compiler gets it as C.
$(BUILD)/generated/encrypted_rows.h: src/tables/encrypted.awk src/tables/encrypted.tsv
	$(call say,AWK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)awk -f $^ >$@

$(BUILD)/src/tables/encrypted.o: $(BUILD)/generated/encrypted_rows.h

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

# ---- what is needed, from Debian ----
BUILD_PACKAGES := build-essential pkg-config libpcap-dev libc-ares-dev libcurl4-openssl-dev \
	libuv1-dev libncurses-dev libmnl-dev libjansson-dev libinih-dev libseccomp-dev libcap-dev libbpf-dev \
	libssl-dev libmaxminddb-dev libsystemd-dev ca-certificates
CHECK_PACKAGES := libcmocka-dev clang clang-format clang-tidy cppcheck shellcheck mandoc git \
	$(shell cat tests/packages.txt tests/lab/packages.txt 2>/dev/null | grep -v '^\#')
# Running needs less than proving; only what the goals at hand ask for is installed.
WANTED_PACKAGES = $(BUILD_PACKAGES) $(if $(filter check demo lint,$(MAKECMDGOALS)),$(CHECK_PACKAGES))

.PHONY: deps
deps:
	$(Q)tests/install-packages.sh $(WANTED_PACKAGES)
	$(Q)$(if $(filter check,$(MAKECMDGOALS)),tests/lab/unpack.sh build/unpacked systemd-resolved \
		libsystemd-shared)

.PHONY: run
run: $(BINARY)
	$(Q)./$(BINARY) $(ARGS) || [ $$? -ne 2 ]

.PHONY: demo
demo: $(BINARY)
	$(Q)contrib/demo/demo.sh ./$(BINARY)

# ---- proof ----
.PHONY: check
check: $(BINARY)
	$(Q)tests/run.sh

# Real browsers and Tor in the lab. They are many megabytes: only who runs this gets them.
APPS_PACKAGES = $(shell grep -hv '^\#' tests/apps/packages.txt tests/lab/packages.txt)

.PHONY: check-apps
check-apps: $(BINARY)
	$(Q)tests/install-packages.sh $(APPS_PACKAGES)
	$(Q)LEAKTOP=./$(BINARY) tests/apps/run.sh

SHELL_SCRIPTS := .ci/run $(sort $(shell find tests contrib -name '*.sh'))
C_FILES := $(sort $(shell find src tests -name '*.[ch]'))

.PHONY: lint check-format check-headers check-tidy check-cppcheck check-shell check-manual
lint: check-format check-headers check-tidy check-cppcheck check-shell check-manual

check-format:
	clang-format --dry-run -Werror $(C_FILES)

# Each header stands alone, and the arrows between folders point one way.
check-headers:
	@for header in $$(find src -name '*.h'); do \
		$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -Werror -fsyntax-only -x c -include $$header /dev/null \
			|| exit 1; \
	done
	@tests/arrows.sh

check-tidy: $(BUILD)/generated/encrypted_rows.h
	@printf '%s\n' $(SOURCES) | xargs -P "$$(nproc)" -n 4 sh -c \
		'clang-tidy --quiet "$$@" -- -std=c11 -D_GNU_SOURCE -DLEAKTOP_VERSION=\"0\" -Isrc -I$(BUILD)/generated $(LIB_CFLAGS) 2>/dev/null' tidy

check-cppcheck: $(BUILD)/generated/encrypted_rows.h
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		-D_GNU_SOURCE -DLEAKTOP_VERSION='""' -Isrc -I$(BUILD)/generated src

check-shell:
	shellcheck -x $(SHELL_SCRIPTS)

check-manual:
	mandoc -T lint -W warning doc/leaktop.1 >/dev/null

# ---- installing ----
.PHONY: install
install: $(BINARY)
	install -D -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/leaktop
	install -D -m 0644 doc/leaktop.1 $(DESTDIR)$(PREFIX)/share/man/man1/leaktop.1
	install -D -m 0644 doc/report.schema.json $(DESTDIR)$(PREFIX)/share/doc/leaktop/report.schema.json

.PHONY: clean
clean:
	rm -rf build build-sanitize leaktop
