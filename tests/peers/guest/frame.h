/* Ethernet frames of an interface. Needs worker.h. */
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* The interface, brought up. */
static int open_interface(struct worker *worker)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(0x0806));
	struct ifreq request = { 0 };
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0806) };

	strncpy(request.ifr_name, worker->job->target, IFNAMSIZ - 1);
	at.sll_ifindex = if_nametoindex(worker->job->target);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return -1;
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	ioctl(fd, SIOCGIFHWADDR, &request);
	memset(worker->data, 0, worker->job->size);
	memset(worker->data, 0xff, 6);
	memcpy(worker->data + 6, request.ifr_hwaddr.sa_data, 6);
	return fd;
}

/* One frame to everybody: who has 10.0.2.2? */
static int step_frame(struct worker *worker)
{
	static const uint8_t question[10] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	static const uint8_t asker[4] = { 10, 0, 2, 15 }, asked[4] = { 10, 0, 2, 2 };

	memcpy(worker->data + 12, question, 10);
	memcpy(worker->data + 22, worker->data + 6, 6);
	memcpy(worker->data + 28, asker, 4);
	memcpy(worker->data + 38, asked, 4);
	return send(worker->fd, worker->data, worker->job->size, 0);
}

/* One frame, and its answer, which may be long in coming the first time. */
static int step_ask(struct worker *worker)
{
	struct pollfd wait = { worker->fd, POLLIN, 0 };
	uint8_t answer[2048];

	if (step_frame(worker) < 0)
		return -1;
	if (poll(&wait, 1, 3000) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(worker->fd, answer, sizeof(answer), 0);
}
