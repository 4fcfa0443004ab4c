/*
 * A guest that is nothing but a vdmabuf driver: init drives a virtio-pci device by itself, asks for the VM ID,
 * exports painted buffers and waits for their releases. On the kernel command line: dialect=, exports=, rounds=,
 * device_id= (of PCI), packed=.
 */
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>

#include "virtio.h"

#define BUFFERS 4
#define WIDTH 64
#define HEIGHT 64
#define PAGES (WIDTH * HEIGHT * 4 / PAGE)

struct dialect {
	const char *name;
	unsigned size, cmd, vmid, export, release;
	int vm_half_first, list_head;
};

static const struct dialect dialects[] = {
	{ "spec", 260, 0, 1, 2, 3, 1, 0 },
	{ "rfc-v4", 280, 16, 0, 0x10, 0x11, 0, 1 },
	{ "mtk", 280, 16, 0x10, 0x11, 0x12, 0, 1 },
};

struct buffer {
	uint8_t *pixels;
	uint64_t *root, *second;
	uint32_t id[4];
	int live;
};

static const struct dialect *dialect;
static struct device device;
static struct buffer buffers[BUFFERS];
static uint32_t vmid, counter, frames, released;

static unsigned number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void paint(struct buffer *buffer, uint32_t frame)
{
	uint32_t *pixel = (uint32_t *)buffer->pixels;

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			*pixel++ = y >= HEIGHT - HEIGHT / 8 ? (frame >> (x * 32 / WIDTH) & 1 ? 0xffffff : 0) : x * 0x030201u;
}

static void make_buffer(struct buffer *buffer)
{
	buffer->pixels = take_pages(PAGES);
	buffer->root = take_pages(1);
	buffer->second = take_pages(1);
	buffer->root[0] = physical(buffer->second);
	for (unsigned i = 0; i < PAGES; i++)
		buffer->second[i] = physical(buffer->pixels + i * PAGE);
}

/* Posts a receive buffer for the answer or the release to come, then sends. */
static void send_message(unsigned command, const uint32_t *op, size_t words)
{
	uint8_t message[SLOT] = { 0 };
	uint64_t pointer = 0xffff888003a40000ull + 512 * counter;
	uint32_t length;

	if (dialect->list_head) {
		memcpy(message, &pointer, 8);
		memcpy(message + 8, &pointer, 8);
	}
	memcpy(message + dialect->cmd, &command, 4);
	memcpy(message + dialect->cmd + 4, op, words * 4);
	add(&device.queue[0], NULL, dialect->size, 1);
	add(&device.queue[1], message, dialect->size, 0);
	if (!wait_used(&device.queue[1], 5000, &length))
		fail("a message sent did not come back");
}

/* Takes one message; 0 when none came in time. */
static int receive(int milliseconds)
{
	uint32_t length, command, op[4];
	uint8_t *slot = wait_used(&device.queue[0], milliseconds, &length);

	if (!slot)
		return 0;
	if (length != dialect->size)
		fail("a message of the wrong size");
	memcpy(&command, slot + dialect->cmd, 4);
	memcpy(op, slot + dialect->cmd + 4, sizeof(op));
	if (command == dialect->vmid) {
		vmid = op[0];
		return 1;
	}
	if (command != dialect->release)
		fail("an unknown command");
	for (int i = 0; i < BUFFERS; i++)
		if (buffers[i].live && !memcmp(buffers[i].id, op, sizeof(op))) {
			buffers[i].live = 0;
			released++;
			return 1;
		}
	fail("the release of a buffer that is not out");
	return 0;
}

static struct buffer *free_buffer(void)
{
	for (;;) {
		for (int i = 0; i < BUFFERS; i++)
			if (!buffers[i].live)
				return &buffers[i];
		if (!receive(5000))
			fail("no release came");
	}
}

static void export_buffer(struct buffer *buffer)
{
	uint32_t op[16] = { 0 };
	uint64_t reference = physical(buffer->root), modifier = 0;

	paint(buffer, ++frames);
	counter++;
	buffer->id[0] = dialect->vm_half_first ? vmid : counter;
	buffer->id[1] = dialect->vm_half_first ? counter : vmid;
	buffer->id[2] = random();
	buffer->id[3] = random();
	memcpy(op, buffer->id, 16);
	op[4] = PAGES;
	op[6] = PAGE;
	memcpy(op + 7, &reference, 8);
	op[9] = 24;
	op[10] = WIDTH;
	op[11] = HEIGHT;
	op[12] = WIDTH * 4;
	memcpy(op + 13, "XR24", 4);
	memcpy(op + 14, &modifier, 8);
	buffer->live = 1;
	send_message(dialect->export, op, 16);
	printf("guest: export %u:%u\n", vmid, counter);
}

static void run(unsigned exports)
{
	uint32_t nothing = 0;

	start_device(&device);
	vmid = 0;
	send_message(dialect->vmid, &nothing, 1);
	if (!receive(5000) || !vmid)
		fail("no VM ID");
	printf("guest: VM ID %u\n", vmid);
	for (unsigned i = 0; i < exports; i++)
		export_buffer(free_buffer());
	while (released < frames)
		if (!receive(5000))
			fail("a buffer was not released");
	device.common->status = 0;
}

int main(void)
{
	const char *wanted = getenv("dialect");

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++)
		if (!dialect || (wanted && !strcmp(wanted, dialects[i].name)))
			dialect = &dialects[i];
	for (int i = 0; i < BUFFERS; i++)
		make_buffer(&buffers[i]);
	open_device(&device, number("device_id", 0x105a));
	device.packed = number("packed", 0);
	for (unsigned round = 0; round < number("rounds", 1); round++)
		run(number("exports", 10));
	printf("guest: done, %u exports, %u releases\n", frames, released);
	fflush(stdout);
	sync();
	reboot(RB_AUTOBOOT);
	return 0;
}
