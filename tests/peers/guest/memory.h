/* Guest memory of a user-space driver: pages that stay where they are, and their physical addresses. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

static void fail(const char *what)
{
	printf("guest: FAILED: %s\n", what);
	fflush(stdout);
	sleep(1);
	exit(1);
}

/* Zeroed, locked pages; not contiguous in physical memory. */
static void *take_pages(size_t count)
{
	void *at = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED || mlock(at, count * PAGE))
		fail("no memory");
	memset(at, 0, count * PAGE);
	return at;
}

static uint64_t physical(const void *at)
{
	static int fd = -1;
	uint64_t entry = 0, virtual = (uint64_t)(uintptr_t)at;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY);
	if (pread(fd, &entry, 8, virtual / PAGE * 8) != 8 || !(entry >> 63))
		fail("a page is not present");
	return (entry & ((1ull << 55) - 1)) * PAGE + virtual % PAGE;
}
