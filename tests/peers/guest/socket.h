/* Stream sockets between a guest and its host; the target is CID:PORT. Needs worker.h. */
#include <linux/vm_sockets.h>
#include <sys/socket.h>

#define ROOM 4096ull /* bytes that the host may send ahead */

static int open_socket(struct worker *worker)
{
	struct sockaddr_vm at = { .svm_family = AF_VSOCK };
	unsigned long long room = ROOM;
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (sscanf(worker->job->target, "%u:%u", &at.svm_cid, &at.svm_port) != 2)
		return -1;
	if (setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &room, sizeof(room)))
		return -1;
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}
