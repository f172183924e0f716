// SPDX-License-Identifier: GPL-2.0-only
/*
 * cipsecctl: what cipsec.ko has in this network namespace, for people and scripts.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

/* options a command takes besides --help */
enum {
	TAKES_JSON	= 1 << 0,
	TAKES_WATCH	= 1 << 1,
	TAKES_ALL	= 1 << 2,
	TAKES_VERBOSE	= 1 << 3,
};

static const struct option options[] = {
	{ "json",	no_argument,	   NULL, 'j' },
	{ "watch",	optional_argument, NULL, 'w' },
	{ "all",	no_argument,	   NULL, 'a' },
	{ "verbose",	no_argument,	   NULL, 'v' },
	{ "help",	no_argument,	   NULL, 'h' },
	{ }
};

static const struct {
	int flag;
	int opt;
	const char *text;
} option_help[] = {
	{ TAKES_JSON, 'j', "  -j, --json             print JSON" },
	{ TAKES_WATCH, 'w', "  -w, --watch [SECONDS]  print it anew every so often (1)" },
	{ TAKES_ALL, 'a', "  -a, --all              also what is zero" },
	{ TAKES_VERBOSE, 'v', "  -v, --verbose          more about each" },
};

#define OPTION_HELP (sizeof(option_help) / sizeof(option_help[0]))

static const struct command {
	const char *name;
	const char *object;
	int (*run)(struct ctl *ctl);
	int takes;
	const char *brief;
	const char *help;
} commands[] = {
	{ "status", NULL, ctl_status, TAKES_JSON | TAKES_WATCH,
	  "is everything as it should be",
	  "Counts policies, associations and connections, explains each drop that\n"
	  "happened since the namespace was made, and says what to do where something\n"
	  "needs doing (WARNING lines)." },
	{ "show", "assoc", ctl_show_assoc,
	  TAKES_JSON | TAKES_WATCH | TAKES_VERBOSE,
	  "the associations",
	  "One line for each association; with --verbose a paragraph, with the peer's\n"
	  "identity, the cipher's implementation, record numbers and bytes." },
	{ "show", "conn", ctl_show_conn, TAKES_JSON | TAKES_WATCH,
	  "the connections bound to them",
	  "One line for each connection. The first ids, ports, size and number are of\n"
	  "what this host sends, the second of what it receives; ports are those that\n"
	  "the program sees." },
	{ "show", "policy", ctl_show_policy, TAKES_JSON | TAKES_WATCH,
	  "what peers may do",
	  "One line for each policy; the longest prefix that fits a peer counts." },
	{ "show", "stats", ctl_show_stats,
	  TAKES_JSON | TAKES_WATCH | TAKES_ALL | TAKES_VERBOSE,
	  "the counters",
	  "The counters that are not zero. Each datagram moves exactly one of the first\n"
	  "group. With --verbose each is explained; JSON has them all." },
	{ "events", NULL, ctl_events, TAKES_JSON,
	  "what happens, as it happens",
	  "Follows the kernel's events until interrupted, one line each; with --json one\n"
	  "object a line. The number before the type has no gaps unless events were lost." },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *file)
{
	size_t i;

	fputs("usage: cipsecctl COMMAND [OPTION]...\n\n"
	      "Show what cipsec.ko has in this network namespace.\n\n", file);
	for (i = 0; i < COMMANDS; i++)
		fprintf(file, "  %-6s %-7s %s\n", commands[i].name,
			commands[i].object ?: "", commands[i].brief);
	fputs("\n`cipsecctl COMMAND --help' explains a command, cipsecctl(8) all of it.\n"
	      "Exit status: 0 done, 1 failed, 2 wrong usage, 3 the kernel module is not\n"
	      "loaded, 4 no permission.\n", file);
}

static void command_usage(const struct command *cmd)
{
	size_t i;

	printf("usage: cipsecctl %s%s%s [OPTION]...\n\n%s\n\n", cmd->name,
	       cmd->object ? " " : "", cmd->object ?: "", cmd->help);
	for (i = 0; i < OPTION_HELP; i++)
		if (cmd->takes & option_help[i].flag)
			puts(option_help[i].text);
	puts("  -h, --help             this");
}

static bool is_command(const struct command *cmd, char **words, int count)
{
	if (count != (cmd->object ? 2 : 1) || strcmp(words[0], cmd->name) != 0)
		return false;
	return !cmd->object || strcmp(words[1], cmd->object) == 0;
}

static const struct command *find_command(char **words, int count)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (is_command(&commands[i], words, count))
			return &commands[i];
	return NULL;
}

/* `--watch 2', too: getopt knows `--watch=2' only. */
static const char *watch_argument(int argc, char **argv)
{
	if (optarg || optind == argc || strspn(argv[optind], "0123456789.") !=
	    strlen(argv[optind]))
		return optarg ?: "1";
	return argv[optind++];
}

static int fail(const struct ctl *ctl, int err)
{
	fprintf(stderr, "cipsecctl: %s\n", cipsec_error(ctl->h));
	switch (err) {
	case -ENOENT:
		return CTL_NO_MODULE;
	case -EPERM:
	case -EACCES:
		return CTL_NO_PERMISSION;
	default:
		return CTL_FAILED;
	}
}

static int repeat(struct ctl *ctl, const struct command *cmd, double seconds)
{
	static const char clear[] = "\033[H\033[J";
	int err;

	for (;;) {
		if (!ctl->json)
			fputs(clear, stdout);
		err = cmd->run(ctl);
		if (err)
			return err;
		fflush(stdout);
		usleep((useconds_t)(seconds * 1e6));
	}
}

static int run(struct ctl *ctl, const struct command *cmd, double seconds)
{
	int err, status = CTL_OK;

	err = cipsec_open(&ctl->h);
	/* Later on, -ENOENT is about an object, not about the module. */
	if (err) {
		status = fail(ctl, err);
		goto close;
	}

	ctl->watching = seconds > 0;
	err = ctl->watching ? repeat(ctl, cmd, seconds) : cmd->run(ctl);
	if (err)
		status = fail(ctl, err == -ENOENT ? -EIO : err);
close:
	cipsec_close(ctl->h);
	return status;
}

int main(int argc, char **argv)
{
	bool wants_help = false;
	const struct command *cmd;
	struct ctl ctl = { };
	double seconds = 0;
	int opt, given = 0;
	size_t i;

	while ((opt = getopt_long(argc, argv, "jw::avh", options, NULL)) != -1) {
		for (i = 0; i < OPTION_HELP; i++)
			if (option_help[i].opt == opt)
				given |= option_help[i].flag;

		switch (opt) {
		case 'j':
			ctl.json = true;
			break;
		case 'w':
			seconds = strtod(watch_argument(argc, argv), NULL);
			if (seconds < 0.1 || seconds > 3600) {
				fputs("cipsecctl: --watch takes 0.1 to 3600 seconds\n",
				      stderr);
				return CTL_USAGE;
			}
			break;
		case 'a':
			ctl.all = true;
			break;
		case 'v':
			ctl.verbose = true;
			break;
		case 'h':
			wants_help = true;
			break;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}

	cmd = find_command(argv + optind, argc - optind);
	if (wants_help && (cmd || optind == argc)) {
		if (cmd)
			command_usage(cmd);
		else
			usage(stdout);
		return CTL_OK;
	}

	if (!cmd) {
		usage(stderr);
		return CTL_USAGE;
	}

	if (given & ~cmd->takes) {
		fprintf(stderr, "cipsecctl: %s%s%s does not take that option; see --help\n",
			cmd->name, cmd->object ? " " : "", cmd->object ?: "");
		return CTL_USAGE;
	}
	return run(&ctl, cmd, seconds);
}
