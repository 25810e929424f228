#define _GNU_SOURCE
#include "CLungfoldMPI.h"

#include <errno.h>
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(MPI_Request) <= sizeof(lf_mpi_request), "a request must fit into its handle");

static MPI_Datatype datatype(lf_mpi_type type) {
    switch (type) {
    case LF_MPI_INT64: return MPI_INT64_T;
    case LF_MPI_UINT64: return MPI_UINT64_T;
    default: return MPI_BYTE;
    }
}

static MPI_Op operator_of(lf_mpi_operation operation) {
    switch (operation) {
    case LF_MPI_BITWISE_OR: return MPI_BOR;
    case LF_MPI_MIN: return MPI_MIN;
    default: return MPI_SUM;
    }
}

/// Keeps a request in its handle; passes the code on.
static int keep(int code, MPI_Request request, lf_mpi_request *handle) {
    memset(handle, 0, sizeof *handle);
    memcpy(handle, &request, sizeof request);
    return code;
}

int lf_mpi_init(void) {
    int provided = 0;
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    if (code != MPI_SUCCESS)
        return code;
    if (provided < MPI_THREAD_FUNNELED)
        return MPI_ERR_OTHER;
    return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

int lf_mpi_finalize(void) { return MPI_Finalize(); }

int lf_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

int lf_mpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }

int lf_mpi_size(int *size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }

int lf_mpi_ranks_sharing_memory(int *count) {
    MPI_Comm host;
    int code = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
    if (code != MPI_SUCCESS)
        return code;
    code = MPI_Comm_size(host, count);
    int freed = MPI_Comm_free(&host);
    return code != MPI_SUCCESS ? code : freed;
}

int lf_mpi_processor_name(char *text, int capacity) {
    char name[MPI_MAX_PROCESSOR_NAME + 1] = "";
    int length = 0;
    int code = MPI_Get_processor_name(name, &length);
    snprintf(text, (size_t)capacity, "%s", name);
    return code;
}

int lf_mpi_library_version(char *text, int capacity) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
    int length = 0;
    int code = MPI_Get_library_version(version, &length);
    snprintf(text, (size_t)capacity, "%s", version);
    return code;
}

int lf_mpi_error_text(int error, char *text, int capacity) {
    char message[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    int code = MPI_Error_string(error, message, &length);
    snprintf(text, (size_t)capacity, "%s", message);
    return code;
}

int lf_mpi_test(lf_mpi_request *request, int *done) {
    MPI_Request inner;
    memcpy(&inner, request, sizeof inner);
    return keep(MPI_Test(&inner, done, MPI_STATUS_IGNORE), inner, request);
}

int lf_mpi_probe(int tag, int *found, int *source, int *bytes) {
    MPI_Status status;
    int wanted = tag < 0 ? MPI_ANY_TAG : tag;
    int code = MPI_Iprobe(MPI_ANY_SOURCE, wanted, MPI_COMM_WORLD, found, &status);
    if (code != MPI_SUCCESS || !*found)
        return code;
    *source = status.MPI_SOURCE;
    return MPI_Get_count(&status, MPI_BYTE, bytes);
}

int lf_mpi_send(const void *bytes, int count, int destination, int tag, lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code = MPI_Isend(bytes, count, MPI_BYTE, destination, tag, MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

int lf_mpi_receive(void *bytes, int count, int source, int tag, lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code = MPI_Irecv(bytes, count, MPI_BYTE, source, tag, MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

int lf_mpi_barrier(lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code = MPI_Ibarrier(MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

int lf_mpi_broadcast(void *bytes, int count, lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code = MPI_Ibcast(bytes, count, MPI_BYTE, 0, MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

int lf_mpi_all_gather(const void *send, int count, void *receive, lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code =
        MPI_Iallgather(send, count, MPI_BYTE, receive, count, MPI_BYTE, MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

int lf_mpi_reduce(const void *send, void *receive, int count, lf_mpi_type type,
                  lf_mpi_operation operation, lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code = MPI_Ireduce(send, receive, count, datatype(type), operator_of(operation), 0,
                           MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

int lf_mpi_all_reduce(const void *send, void *receive, int count, lf_mpi_type type,
                      lf_mpi_operation operation, lf_mpi_request *request) {
    MPI_Request inner = MPI_REQUEST_NULL;
    int code = MPI_Iallreduce(send, receive, count, datatype(type), operator_of(operation),
                              MPI_COMM_WORLD, &inner);
    return keep(code, inner, request);
}

/// More cores than any kernel supports today (CONFIG_NR_CPUS is at most 8192).
enum { MOST_CORES = 16384 };

int lf_host_affinity(uint8_t *mask, int mask_bytes) {
    cpu_set_t *cores = CPU_ALLOC(MOST_CORES);
    if (cores == NULL)
        return ENOMEM;
    size_t bytes = CPU_ALLOC_SIZE(MOST_CORES);
    int error = sched_getaffinity(0, bytes, cores) == 0 ? 0 : errno;
    memset(mask, 0, (size_t)mask_bytes);
    for (int core = 0; error == 0 && core < MOST_CORES && core < 8 * mask_bytes; core++)
        if (CPU_ISSET_S(core, bytes, cores))
            mask[core / 8] |= (uint8_t)(1 << (core % 8));
    CPU_FREE(cores);
    return error;
}

int lf_host_cores(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }
