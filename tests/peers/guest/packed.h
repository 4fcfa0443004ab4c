/* The packed kind of ring: chains of one descriptor whose number is their buffer ID (virtio 1.2, 2.8). */
#define AVAIL 0x80
#define USED 0x8000

struct packed_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t id, flags;
};

static volatile struct packed_desc *packed_at(struct queue *queue, uint16_t count)
{
	return (volatile struct packed_desc *)queue->table + count % PACKED_QUEUE;
}

static int first_lap(uint16_t count)
{
	return count / PACKED_QUEUE % 2 == 0;
}

static void add_packed(struct queue *queue, uint8_t *slot, uint32_t size, int writable)
{
	volatile struct packed_desc *desc = packed_at(queue, queue->added);

	desc->addr = physical(slot);
	desc->len = size;
	desc->id = queue->added % PACKED_QUEUE;
	__sync_synchronize();
	desc->flags = (first_lap(queue->added) ? AVAIL : USED) | (writable ? 2 : 0);
	queue->added++;
	__sync_synchronize();
	*queue->doorbell = queue->index;
}

static int used_packed(struct queue *queue)
{
	uint16_t flags = packed_at(queue, queue->taken)->flags & (AVAIL | USED);

	return queue->taken != queue->added && flags == (first_lap(queue->taken) ? AVAIL | USED : 0);
}

static uint8_t *take_packed(struct queue *queue, uint32_t *length)
{
	volatile struct packed_desc *desc = packed_at(queue, queue->taken++);

	*length = desc->flags & 2 ? desc->len : 0;
	return queue->slots + desc->id % PACKED_QUEUE * SLOT;
}
