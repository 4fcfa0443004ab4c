/* A modern virtio-pci device driven from user space, polling; rings of one page (virtio 1.2, 2.7, 2.8 and 4.1). */
#include <dirent.h>

#include "memory.h"

#define QUEUE 64
#define PACKED_QUEUE 60
#define SLOT 512

struct common {
	uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
	uint16_t config_vector, queues;
	uint8_t status, generation;
	uint16_t queue_select, queue_size, queue_vector, queue_enable, queue_notify_off;
	uint64_t desc, driver, device;
} __attribute__((packed));

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

struct queue {
	volatile struct desc *table;
	volatile uint16_t *avail, *used;
	volatile uint16_t *doorbell;
	uint8_t *slots;
	uint16_t index, added, taken;
	int packed;
};

#include "packed.h"

struct device {
	volatile struct common *common;
	uint8_t *notify;
	uint32_t multiplier;
	int packed;
	struct queue queue[2];
};

static int find(char *folder, size_t room, unsigned wanted)
{
	static const char *root = "/sys/bus/pci/devices";
	DIR *dir = opendir(root);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[512];
		uint16_t id[2] = { 0 };
		int fd;

		snprintf(path, sizeof(path), "%s/%s/config", root, entry->d_name);
		fd = open(path, O_RDWR);
		if (fd >= 0 && pread(fd, id, 4, 0) == 4 && id[0] == 0x1af4 && id[1] == wanted) {
			snprintf(folder, room, "%s/%s", root, entry->d_name);
			return fd;
		}
		close(fd);
	}
	fail("no such PCI device");
	return -1;
}

static uint8_t *map_bar(const char *folder, int bar, uint32_t offset, uint32_t length)
{
	char path[512];
	uint32_t whole = (offset % PAGE + length + PAGE - 1) & ~(PAGE - 1);
	uint8_t *at;
	int fd;

	snprintf(path, sizeof(path), "%s/resource%d", folder, bar);
	fd = open(path, O_RDWR | O_SYNC);
	at = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset & ~(PAGE - 1));
	if (fd < 0 || at == MAP_FAILED)
		fail("cannot map a BAR");
	return at + offset % PAGE;
}

static void open_device(struct device *device, unsigned id)
{
	char folder[400];
	int fd = find(folder, sizeof(folder), id);
	uint16_t command = 0;
	uint8_t at = 0;

	pread(fd, &command, 2, 4);
	command |= 6; /* memory space, bus master */
	pwrite(fd, &command, 2, 4);
	pread(fd, &at, 1, 0x34);
	while (at) {
		uint8_t cap[20] = { 0 };
		uint32_t offset, length;

		pread(fd, cap, sizeof(cap), at);
		memcpy(&offset, cap + 8, 4);
		memcpy(&length, cap + 12, 4);
		if (cap[0] == 9 && cap[3] == 1 && !device->common)
			device->common = (void *)map_bar(folder, cap[4], offset, length);
		if (cap[0] == 9 && cap[3] == 2 && !device->notify) {
			device->notify = map_bar(folder, cap[4], offset, length);
			memcpy(&device->multiplier, cap + 16, 4);
		}
		at = cap[1];
	}
	close(fd);
	if (!device->common || !device->notify)
		fail("no virtio capabilities");
}

static void start_queue(struct device *device, int index)
{
	struct queue *queue = &device->queue[index];
	uint8_t *page = queue->table ? (uint8_t *)queue->table : take_pages(1);

	memset(page, 0, PAGE);
	if (!queue->slots)
		queue->slots = take_pages(QUEUE * SLOT / PAGE);
	queue->table = (void *)page;
	queue->avail = (void *)(page + 2048);
	queue->used = (void *)(page + 3072);
	queue->packed = device->packed;
	queue->avail[queue->packed] = 1; /* no interrupts: we poll */
	queue->index = index;
	queue->added = queue->taken = 0;
	device->common->queue_select = index;
	device->common->queue_size = queue->packed ? PACKED_QUEUE : QUEUE;
	device->common->queue_vector = 0xffff;
	device->common->desc = physical(page);
	device->common->driver = physical(page + 2048);
	device->common->device = physical(page + 3072);
	queue->doorbell = (void *)(device->notify + device->common->queue_notify_off * device->multiplier);
	device->common->queue_enable = 1;
}

static void start_device(struct device *device)
{
	device->common->status = 0;
	while (device->common->status)
		usleep(1000);
	device->common->status = 1;
	device->common->status = 3;
	device->common->driver_feature_select = 0;
	device->common->driver_feature = 0;
	device->common->driver_feature_select = 1;
	device->common->driver_feature = device->packed ? 5 : 1; /* VERSION_1, RING_PACKED */
	device->common->status = 11;
	if (!(device->common->status & 8))
		fail("features refused");
	start_queue(device, 0);
	start_queue(device, 1);
	device->common->status = 15;
}

/* One chain of one descriptor; its slot is free again once QUEUE others were added. */
static uint8_t *add(struct queue *queue, const void *data, uint32_t size, int writable)
{
	uint16_t at = queue->added % (queue->packed ? PACKED_QUEUE : QUEUE);
	uint8_t *slot = queue->slots + at * SLOT;

	memset(slot, 0, SLOT);
	if (data)
		memcpy(slot, data, size);
	if (queue->packed) {
		add_packed(queue, slot, size, writable);
		return slot;
	}
	queue->table[at].addr = physical(slot);
	queue->table[at].len = size;
	queue->table[at].flags = writable ? 2 : 0;
	queue->avail[2 + at] = at;
	__sync_synchronize();
	queue->avail[1] = ++queue->added;
	__sync_synchronize();
	*queue->doorbell = queue->index;
	return slot;
}

/* The next chain that came back: its slot, NULL after `tries` milliseconds. */
static uint8_t *wait_used(struct queue *queue, int tries, uint32_t *length)
{
	while (queue->packed ? !used_packed(queue) : queue->used[1] == queue->taken) {
		if (!tries--)
			return NULL;
		usleep(1000);
	}
	__sync_synchronize();
	if (queue->packed)
		return take_packed(queue, length);
	volatile uint32_t *element = (volatile uint32_t *)(queue->used + 2) + 2 * (queue->taken++ % QUEUE);

	*length = element[1];
	return queue->slots + (element[0] % QUEUE) * SLOT;
}
