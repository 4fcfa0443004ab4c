/* Workers that repeat one step until a count or a time is reached, and what they did together. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct job {
	const char *target;
	unsigned size, count, milliseconds, depth;
};

struct worker {
	const struct job *job;
	int fd, number;
	uint8_t *data;
	uint64_t steps, bytes;
};

/* One step: the bytes that it moved, 0 when there was nothing to do, negative when it failed. */
typedef int step_function(struct worker *worker);
typedef int open_function(struct worker *worker);

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static int work(struct worker *worker, open_function *open_target, step_function *step)
{
	const struct job *job = worker->job;
	uint64_t end = job->milliseconds ? milliseconds() + job->milliseconds : UINT64_MAX;

	worker->data = mmap(NULL, (job->size + 8191) & ~4095u, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	worker->fd = open_target(worker);
	if (worker->data == MAP_FAILED || worker->fd < 0)
		return -1;
	while ((!job->count || worker->steps < job->count) && milliseconds() < end) {
		int moved = step(worker);

		if (moved < 0)
			return -1;
		worker->steps += moved > 0;
		worker->bytes += moved;
	}
	close(worker->fd);
	return 0;
}

/* `depth` processes do the same at once. Prints one line. */
static void run_job(const struct job *job, open_function *open_target, step_function *step)
{
	struct worker *workers = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t began = milliseconds(), steps = 0, bytes = 0;
	unsigned failed = 0;
	int status;

	for (unsigned i = 0; i < job->depth; i++) {
		workers[i].job = job;
		workers[i].number = i;
		if (!fork()) {
			int result = work(&workers[i], open_target, step);

			_exit(result ? errno ? errno : 1 : 0);
		}
	}
	while (wait(&status) > 0)
		failed = WIFEXITED(status) ? failed ? failed : (unsigned)WEXITSTATUS(status) : 255;
	for (unsigned i = 0; i < job->depth; i++) {
		steps += workers[i].steps;
		bytes += workers[i].bytes;
	}
	munmap(workers, 65536);
	if (failed)
		printf("guest: FAILED after %llu: %s\n", (unsigned long long)steps, strerror(failed));
	else
		printf("guest: %llu %llu %llu\n", (unsigned long long)steps, (unsigned long long)bytes,
		       (unsigned long long)(milliseconds() - began));
}
