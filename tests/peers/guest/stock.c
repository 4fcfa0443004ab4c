/*
 * A guest whose init loads the kernel's own virtio drivers and then does what the serial line says, one line a job:
 * `JOB TARGET SIZE COUNT MILLISECONDS DEPTH`, `cat FILE`, `set FILE WORD` (made if it is not there), `peek FILE SIZE
 * OFFSET` for at most 1024 bytes, `list FOLDER`, `remove FILE`, or `share FOLDER TAG` for one of the host. Each is
 * answered by one line, `guest: STEPS BYTES MS`, `guest: TEXT`, `guest: .HEX` or `guest: FAILED ...`. A COUNT or time
 * of 0 is no limit.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>

#include "worker.h"
#include "frame.h"
#include "socket.h"

#define SPAN (8u << 20) /* of a disk that is read and written */

static int open_path(struct worker *worker, int flags)
{
	char path[80];

	snprintf(path, sizeof(path), "/dev/%s", worker->job->target);
	return open(path, flags);
}

static int open_random(struct worker *worker)
{
	return open_path(worker, O_RDONLY);
}

static int step_random(struct worker *worker)
{
	return read(worker->fd, worker->data, worker->job->size);
}

static int open_disk(struct worker *worker)
{
	return open_path(worker, O_RDWR | O_DIRECT);
}

static uint64_t place(struct worker *worker)
{
	return (worker->steps * worker->job->depth + worker->number) * worker->job->size % SPAN;
}

static int step_read(struct worker *worker)
{
	return pread(worker->fd, worker->data, worker->job->size, place(worker));
}

static int step_write(struct worker *worker)
{
	memset(worker->data, 'a' + worker->steps % 26, worker->job->size);
	return pwrite(worker->fd, worker->data, worker->job->size, place(worker));
}

static int open_port(struct worker *worker)
{
	return open_path(worker, O_RDWR);
}

static int step_send(struct worker *worker)
{
	memset(worker->data, 'a' + worker->steps % 26, worker->job->size);
	return write(worker->fd, worker->data, worker->job->size);
}

/* Sends, and waits until as much came back. */
static int step_echo(struct worker *worker)
{
	unsigned size = worker->job->size, got = 0;

	if (step_send(worker) != (int)size)
		return -1;
	while (got < size) {
		int more = read(worker->fd, worker->data + got, size - got);

		if (more <= 0)
			return -1;
		got += more;
	}
	return size;
}

/* The last one says that no more will be sent. */
static int step_talk(struct worker *worker)
{
	int moved = step_echo(worker);

	if (worker->steps + 1 == worker->job->count)
		shutdown(worker->fd, SHUT_WR);
	return moved;
}

static const struct {
	const char *name;
	open_function *open_target;
	step_function *step;
} jobs[] = {
	{ "random", open_random, step_random },
	{ "read", open_disk, step_read },
	{ "write", open_disk, step_write },
	{ "send", open_port, step_send },
	{ "echo", open_port, step_echo },
	{ "talk", open_socket, step_talk },
	{ "frame", open_interface, step_frame },
	{ "ask", open_interface, step_ask },
};

static void load_modules(void)
{
	struct dirent **files;
	int count = scandir("/modules", &files, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300];
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", files[i]->d_name);
		fd = open(path, O_RDONLY);
		if (strstr(path, ".ko") && syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			printf("guest: FAILED: %s: %s\n", path, strerror(errno));
		close(fd);
	}
}

static void show_file(const char *path)
{
	char text[4000];
	int fd = open(path, O_RDONLY), size = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[size > 0 ? size : 0] = 0;
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
	if (size < 0)
		printf("guest: FAILED: %s: no such file\n", path);
	else
		printf("guest: %s\n", text);
}

static void set_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	if (write(fd, value, strlen(value)) < 0)
		printf("guest: FAILED: %s: %s\n", path, strerror(errno));
	else
		printf("guest: %s\n", value);
	close(fd);
}

static void show_bytes(const char *path, unsigned size, off_t offset)
{
	uint8_t bytes[1024];
	int fd = open(path, O_RDONLY);
	ssize_t got = pread(fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes), offset);

	close(fd);
	if (got < 0)
		return (void)printf("guest: FAILED: %s: %s\n", path, strerror(errno));
	printf("guest: .");
	for (ssize_t i = 0; i < got; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void show_folder(const char *path)
{
	struct dirent **files;
	int count = scandir(path, &files, NULL, alphasort);

	if (count < 0)
		return (void)printf("guest: FAILED: %s: %s\n", path, strerror(errno));
	printf("guest:");
	for (int i = 0; i < count; i++)
		printf(" %s", files[i]->d_name);
	printf("\n");
}

static void share(const char *folder, const char *tag)
{
	mkdir(folder, 0755);
	if (mount(tag, folder, "virtiofs", 0, NULL))
		printf("guest: FAILED: %s: %s\n", tag, strerror(errno));
	else
		printf("guest: %s\n", folder);
}

static void remove_file(const char *path)
{
	if (unlink(path))
		printf("guest: FAILED: %s: %s\n", path, strerror(errno));
	else
		printf("guest: %s\n", path);
}

static void obey(char *line)
{
	char name[32] = "", target[200] = "", value[32] = "";
	struct job job = { target, 0, 0, 0, 1 };

	sscanf(line, "%31s %199s %31s", name, target, value);
	sscanf(line, "%*s %*s %u %u %u %u", &job.size, &job.count, &job.milliseconds, &job.depth);
	if (!strcmp(name, "cat"))
		return show_file(target);
	if (!strcmp(name, "peek"))
		return show_bytes(target, job.size, strtoull(strrchr(line, ' '), NULL, 0));
	if (!strcmp(name, "set"))
		return set_file(target, value);
	if (!strcmp(name, "list"))
		return show_folder(target);
	if (!strcmp(name, "remove"))
		return remove_file(target);
	if (!strcmp(name, "share"))
		return share(target, value);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		if (!strcmp(name, jobs[i].name))
			return run_job(&job, jobs[i].open_target, jobs[i].step);
	printf("guest: FAILED: no such job: %s\n", name);
}

int main(void)
{
	struct termios terminal;
	char line[300];

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	tcgetattr(0, &terminal);
	terminal.c_lflag &= ~(ECHO | ECHONL);
	tcsetattr(0, TCSANOW, &terminal);
	setvbuf(stdout, NULL, _IONBF, 0);
	load_modules();
	printf("guest: ready\n");
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "off\n"))
		obey(line);
	printf("guest: off\n");
	sync();
	reboot(RB_AUTOBOOT);
	return 0;
}
