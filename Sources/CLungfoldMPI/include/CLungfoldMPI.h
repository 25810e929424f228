/// MPI for Swift: the macros of mpi.h as functions, and its handles as plain structs.
///
/// Swift cannot import MPI's macros (MPI_COMM_WORLD, MPI_BYTE, ...), and mpi.h differs between
/// libraries; so mpi.h stays in the .c file and this header has ints and pointers only. Every
/// communication is nonblocking and on MPI_COMM_WORLD. Functions return MPI's own code; 0 is
/// success.
#pragma once

#include <stdint.h>

/// A communication under way; holds an MPI_Request.
typedef struct {
    void *handle;
} lf_mpi_request;

typedef enum { LF_MPI_BYTE, LF_MPI_INT64, LF_MPI_UINT64 } lf_mpi_type;
typedef enum { LF_MPI_SUM, LF_MPI_BITWISE_OR, LF_MPI_MIN } lf_mpi_operation;

/// Initialises MPI at level FUNNELED and makes MPI return its errors instead of aborting.
int lf_mpi_init(void);
int lf_mpi_finalize(void);
/// Ends the processes of all ranks; code in 1...125, since Open MPI reports 0 and 256 as success.
int lf_mpi_abort(int code);

int lf_mpi_rank(int *rank);
int lf_mpi_size(int *size);
/// The ranks that can share memory with this one, itself included. Collective; the only call here
/// that may block, briefly, since MPI has no nonblocking form of it.
int lf_mpi_ranks_sharing_memory(int *count);
/// Texts are cut to the capacity and always end with NUL.
int lf_mpi_processor_name(char *text, int capacity);
int lf_mpi_library_version(char *text, int capacity);
int lf_mpi_error_text(int error, char *text, int capacity);

/// Whether the communication is complete; a complete one must not be tested again.
int lf_mpi_test(lf_mpi_request *request, int *done);

/// Looks for a message of any source; a tag of -1 means any.
int lf_mpi_probe(int tag, int *found, int *source, int *bytes);
int lf_mpi_send(const void *bytes, int count, int destination, int tag, lf_mpi_request *request);
int lf_mpi_receive(void *bytes, int count, int source, int tag, lf_mpi_request *request);

int lf_mpi_barrier(lf_mpi_request *request);
/// From rank 0.
int lf_mpi_broadcast(void *bytes, int count, lf_mpi_request *request);
/// `count` bytes of every rank, in the order of the ranks, to every rank.
int lf_mpi_all_gather(const void *send, int count, void *receive, lf_mpi_request *request);
/// To rank 0.
int lf_mpi_reduce(const void *send, void *receive, int count, lf_mpi_type type,
                  lf_mpi_operation operation, lf_mpi_request *request);
int lf_mpi_all_reduce(const void *send, void *receive, int count, lf_mpi_type type,
                      lf_mpi_operation operation, lf_mpi_request *request);

/// The cores this process may run on: bit i of the mask is core i. Cores beyond the mask's bits are
/// left out. Returns 0, or an errno.
int lf_host_affinity(uint8_t *mask, int mask_bytes);
/// The cores of this host that are online.
int lf_host_cores(void);
