// A team of threads that stays hot during a step: it spins for a moment before it sleeps, because a
// step has hundreds of operations and waking a sleeper costs as much as a small one.
#define _GNU_SOURCE
#include "kernels.h"
#include <cblas.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Looks at a changing word before a thread sleeps: some 50 microseconds.
#define LF_SPINS 2000
#define LF_HUGE_PAGE ((size_t)2 << 20)

struct lf_pool {
    int threads;
    size_t scratch_bytes;
    char *scratch;
    pthread_t *handles;
    lf_item item;
    void *context;
    int count;
    _Alignas(LF_ALIGN) atomic_int next;     ///< the next item to take
    _Alignas(LF_ALIGN) atomic_int round;    ///< changes when there is work; -1 ends the team
    _Alignas(LF_ALIGN) atomic_int finished; ///< workers that have left this round
};

typedef struct {
    lf_pool *pool;
    int index;
} worker_start;

/// Numbers below 1e-38 count as 0 in every thread: they cost a hundred times more and mean nothing
/// here.
static unsigned flush_denormals(void) {
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    return before;
#else
    return 0;
#endif
}

static void restore_denormals(unsigned before) {
#if defined(__x86_64__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

static void wait_while(atomic_int *word, int value) {
    for (int i = 0; i < LF_SPINS; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != value)
            return;
#if defined(__x86_64__)
        _mm_pause();
#endif
    }
    while (atomic_load_explicit(word, memory_order_acquire) == value)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void change(atomic_int *word, int value) {
    atomic_store_explicit(word, value, memory_order_release);
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void *scratch_of(lf_pool *pool, int thread) {
    return pool->scratch + (size_t)thread * pool->scratch_bytes;
}

static void take_items(lf_pool *pool, int thread) {
    for (;;) {
        int item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (item >= pool->count)
            return;
        pool->item(pool->context, item, scratch_of(pool, thread));
    }
}

static void *work(void *start) {
    lf_pool *pool = ((worker_start *)start)->pool;
    int thread = ((worker_start *)start)->index;
    free(start);
    flush_denormals();
    for (int seen = 0;;) {
        wait_while(&pool->round, seen);
        seen = atomic_load_explicit(&pool->round, memory_order_acquire);
        if (seen < 0)
            return NULL;
        take_items(pool, thread);
        if (atomic_fetch_add_explicit(&pool->finished, 1, memory_order_acq_rel) + 1 ==
            pool->threads - 1)
            syscall(SYS_futex, &pool->finished, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

void lf_parallel(lf_pool *pool, int count, lf_item item, void *context) {
    unsigned before = flush_denormals();
    pool->item = item;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    if (pool->threads > 1 && count > 1) {
        atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
        int round = atomic_load_explicit(&pool->round, memory_order_relaxed);
        change(&pool->round, round == INT_MAX ? 1 : round + 1);
        take_items(pool, 0);
        int done;
        while ((done = atomic_load_explicit(&pool->finished, memory_order_acquire)) <
               pool->threads - 1)
            wait_while(&pool->finished, done);
    } else {
        take_items(pool, 0);
    }
    restore_denormals(before);
}

lf_pool *lf_pool_create(int threads, size_t scratch_bytes) {
    openblas_set_num_threads(1); // the team is ours, and its sums must not depend on BLAS's
    lf_pool *pool = aligned_alloc(LF_ALIGN, lf_round_up(sizeof *pool, LF_ALIGN));
    if (!pool)
        return NULL;
    *pool = (lf_pool){.scratch_bytes = lf_round_up(scratch_bytes + LF_ALIGN, 4096)};
    pool->threads = 1; // grows as threads start, so that destroy joins those that did
    pool->scratch = lf_reserve(pool->scratch_bytes * threads);
    pool->handles = calloc(threads, sizeof *pool->handles);
    for (int i = 1; pool->scratch && pool->handles && i < threads; i++) {
        worker_start *start = malloc(sizeof *start);
        if (!start)
            break;
        *start = (worker_start){pool, i};
        if (pthread_create(&pool->handles[i], NULL, work, start) != 0) {
            free(start);
            break;
        }
        pool->threads++;
    }
    if (pool->threads == threads && pool->scratch && pool->handles)
        return pool;
    lf_release(pool->scratch, pool->scratch_bytes * threads);
    pool->scratch = NULL;
    lf_pool_destroy(pool);
    return NULL;
}

void lf_pool_destroy(lf_pool *pool) {
    if (!pool)
        return;
    change(&pool->round, -1);
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->handles[i], NULL);
    lf_release(pool->scratch, pool->scratch_bytes * pool->threads);
    free(pool->handles);
    free(pool);
}

void *lf_reserve(size_t bytes) {
    size_t size = lf_round_up(bytes, LF_HUGE_PAGE);
    char *memory = mmap(NULL, size + LF_HUGE_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    char *aligned = (char *)lf_round_up((size_t)memory, LF_HUGE_PAGE);
    if (aligned > memory)
        munmap(memory, aligned - memory);
    munmap(aligned + size, memory + LF_HUGE_PAGE - aligned);
    madvise(aligned, size, MADV_HUGEPAGE);
    return aligned;
}

void lf_release(void *memory, size_t bytes) {
    if (memory)
        munmap(memory, lf_round_up(bytes, LF_HUGE_PAGE));
}
