#pragma once
#include <sys/epoll.h>
/* As pipe2(2) has it; the header shows it to _GNU_SOURCE only. */
extern int pipe2(int ends[2], int flags);
