#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starting a program. Between fork and exec only functions that are safe in a
   signal handler may be called, since other threads may hold any lock at the
   moment of the fork; Swift may allocate anywhere, so this is C. It is not
   uv_spawn, which cannot let a child die with its parent, gives a program that
   is not for this machine to the shell, and does not tell a missing working
   directory from a missing program. */

typedef struct cuv_command {
  char **programs;        /* paths to try in turn, with a null at the end */
  char **arguments;       /* so too, with the program's name first */
  char **environment;
  const char *directory;  /* null for that of the parent */
  int streams[3];
} cuv_command;

/* What has failed, with errno in the second number. */
typedef enum cuv_stage {
  CUV_STAGE_PREPARE, CUV_STAGE_DIRECTORY, CUV_STAGE_PROGRAM
} cuv_stage;

typedef struct cuv_failure {
  int stage;
  int code;
} cuv_failure;

/* In the child: tells the parent why, and ends. A failed write cannot be told
   to anybody. */
static inline _Noreturn void cuv_fail (int report, int stage) {
  cuv_failure failure = {stage, errno};
  while (write(report, &failure, sizeof failure) == -1 && errno == EINTR) {}
  _exit(127);
}

/* As a shell looks through PATH: a place without the program, or with one that
   must not be run, is passed over. */
static inline _Noreturn void cuv_run (const cuv_command *command, int report) {
  int denied = 0;
  errno = ENOENT;
  for (char **program = command->programs; *program; program++) {
    execve(*program, command->arguments, command->environment);
    if (errno == EACCES) denied = 1;
    else if (errno != ENOENT && errno != ENOTDIR) break;
  }
  if (denied && (errno == ENOENT || errno == ENOTDIR)) errno = EACCES;
  cuv_fail(report, CUV_STAGE_PROGRAM);
}

static inline _Noreturn void cuv_become (const cuv_command *command, pid_t parent, int report) {
  int moved[3];
  /* Neither the report nor a stream may lie where a stream will be put. */
  if ((report = fcntl(report, F_DUPFD_CLOEXEC, 3)) == -1) _exit(127);
  for (int i = 0; i < 3; i++)
    if ((moved[i] = fcntl(command->streams[i], F_DUPFD_CLOEXEC, 3)) == -1) cuv_fail(report, CUV_STAGE_PREPARE);
  /* The copies stay open in the child, unlike the originals. */
  for (int i = 0; i < 3; i++)
    if (dup2(moved[i], i) == -1) cuv_fail(report, CUV_STAGE_PREPARE);
  /* Ours are all closed by exec; so are now those that the parent was given by
     its own. A kernel older than 5.11 cannot do that. */
  syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
  /* A session, and so a group, of its own: Ctrl-C is the parent's to handle,
     and all that the child starts can be killed with it. */
  setsid();
  /* The signal comes when the thread ends that has forked. If it has ended
     already, nobody reads what this returns. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) cuv_fail(report, CUV_STAGE_PREPARE);
  if (getppid() != parent) _exit(127);
  if (command->directory && chdir(command->directory) == -1) cuv_fail(report, CUV_STAGE_DIRECTORY);
  /* exec resets handlers, but what is ignored stays ignored: SIGPIPE is. */
  struct sigaction standard = {0};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < _NSIG; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  cuv_run(command, report);
}

/* The number of the new process, whose program runs; -1 with `failure` set. It
   waits for the exec. `report` is a pipe whose ends are closed by exec; both
   are closed here. */
static inline pid_t cuv_spawn (const cuv_command *command, int reading, int writing, cuv_failure *failure) {
  sigset_t all, before;
  pid_t parent = getpid(), child;
  ssize_t count;
  /* No handler may run in the child, where it would act for the parent. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if ((child = fork()) == 0) cuv_become(command, parent, writing);
  failure->stage = CUV_STAGE_PREPARE;
  failure->code = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(writing);
  if (child != -1) {
    do count = read(reading, failure, sizeof *failure); while (count == -1 && errno == EINTR);
    if (count != 0) {
      /* It is about to end, and nobody else knows of it. */
      while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
      child = -1;
    }
  }
  close(reading);
  return child;
}

/* These are macros. */
static inline int cuv_exited (int status) { return WIFEXITED(status); }
static inline int cuv_exitcode (int status) { return WEXITSTATUS(status); }
static inline int cuv_termsignal (int status) { return WTERMSIG(status); }
