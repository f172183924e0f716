// SPDX-License-Identifier: GPL-2.0
/*
 * The control of the warning parser: a module that does one thing wrong when it is
 * loaded. A run that loads it and passes would prove that no other pass means much.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *kind = "warn";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "warn, sleep, lock, leak, use-after-free, shift, panic");

static DEFINE_SPINLOCK(broken_atomic);
static DEFINE_MUTEX(broken_a);
static DEFINE_MUTEX(broken_b);

static void broken_warn(void)
{
	WARN(1, "broken on purpose\n");
}

static void broken_sleep(void)
{
	spin_lock(&broken_atomic);
	might_sleep();
	spin_unlock(&broken_atomic);
}

static void broken_lock(void)
{
	mutex_lock(&broken_a);
	mutex_lock(&broken_b);
	mutex_unlock(&broken_b);
	mutex_unlock(&broken_a);

	mutex_lock(&broken_b);
	mutex_lock(&broken_a);
	mutex_unlock(&broken_a);
	mutex_unlock(&broken_b);
}

static void broken_leak(void)
{
	int i;

	/* More than one: a stale pointer on some stack may hide the last. */
	for (i = 0; i < 20; i++) {
		void *lost = kmalloc(100, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(lost);
	}
}

static void broken_use_after_free(void)
{
	char *gone = kmalloc(100, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(gone);
	kfree(gone);
	if (gone)
		WRITE_ONCE(gone[10], 1);
}

static void broken_shift(void)
{
	int by = 77;

	OPTIMIZER_HIDE_VAR(by);
	pr_info("shifted: %d\n", 1 << by);
}

static void broken_panic(void)
{
	panic("broken on purpose\n");
}

static const struct {
	const char *kind;
	void (*act)(void);
} broken[] = {
	{ "warn", broken_warn },
	{ "sleep", broken_sleep },
	{ "lock", broken_lock },
	{ "leak", broken_leak },
	{ "use-after-free", broken_use_after_free },
	{ "shift", broken_shift },
	{ "panic", broken_panic },
};

static int __init broken_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		if (!strcmp(kind, broken[i].kind)) {
			broken[i].act();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit broken_exit(void)
{
}

module_init(broken_init);
module_exit(broken_exit);

MODULE_DESCRIPTION("Misbehaves on purpose, to test the test harness");
MODULE_LICENSE("GPL");
