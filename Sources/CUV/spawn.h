#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts a program. It is C because only functions that are safe in a signal
   handler may be called between fork and exec: other threads may hold any lock
   at the moment of the fork, and Swift code may allocate anywhere. uv_spawn is
   not used because it cannot make a child die with its parent, runs a program
   for another kind of machine with the shell, and does not distinguish a
   missing working directory from a missing program. */

typedef struct cuv_command {
  char **programs;        /* paths to try in turn, with a null at the end */
  char **arguments;       /* the same, with the program's name first */
  char **environment;
  const char *directory;  /* null for the parent's */
  int streams[3];
} cuv_command;

/* The step that failed. */
typedef enum cuv_stage {
  CUV_STAGE_PREPARE, CUV_STAGE_DIRECTORY, CUV_STAGE_PROGRAM
} cuv_stage;

typedef struct cuv_failure {
  int stage;
  int code;
} cuv_failure;

/* In the child: reports the failed step and errno to the parent, and exits. If
   the write fails too, nobody can be informed. */
static inline _Noreturn void cuv_fail (int report, int stage) {
  cuv_failure failure = {stage, errno};
  while (write(report, &failure, sizeof failure) == -1 && errno == EINTR) {}
  _exit(127);
}

/* Tries the paths in turn, as a shell does with PATH. A path without the
   program, or with one that may not be executed, is skipped. */
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
  /* Move the report and the streams above 2, so that dup2 overwrites none of
     them. */
  if ((report = fcntl(report, F_DUPFD_CLOEXEC, 3)) == -1) _exit(127);
  for (int i = 0; i < 3; i++)
    if ((moved[i] = fcntl(command->streams[i], F_DUPFD_CLOEXEC, 3)) == -1) cuv_fail(report, CUV_STAGE_PREPARE);
  /* dup2 clears close-on-exec, so 0 to 2 stay open in the program. */
  for (int i = 0; i < 3; i++)
    if (dup2(moved[i], i) == -1) cuv_fail(report, CUV_STAGE_PREPARE);
  /* All descriptors that luafunc opens are close-on-exec. This call does the
     same for those that luafunc inherited. Kernels before 5.11 cannot do it,
     and the failure is ignored. */
  syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
  /* The child gets a session, and so a process group, of its own. Ctrl-C then
     reaches only the parent, and a signal to the group reaches everything that
     the child starts. */
  setsid();
  /* The system sends the signal when the thread that forked ends. If the parent
     has ended already, the child exits. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) cuv_fail(report, CUV_STAGE_PREPARE);
  if (getppid() != parent) _exit(127);
  if (command->directory && chdir(command->directory) == -1) cuv_fail(report, CUV_STAGE_DIRECTORY);
  /* exec resets handled signals but not ignored ones, such as SIGPIPE here. */
  struct sigaction standard = {0};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < _NSIG; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  cuv_run(command, report);
}

/* Starts the process, waits until exec has succeeded or failed, and returns the
   process id, or -1 with `failure` set. `reading` and `writing` are the ends of
   a close-on-exec pipe; this function closes both. */
static inline pid_t cuv_spawn (const cuv_command *command, int reading, int writing, cuv_failure *failure) {
  sigset_t all, before;
  pid_t parent = getpid(), child;
  ssize_t count;
  /* Signals are blocked across the fork, because a handler that runs in the
     child would act for the parent. */
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
      /* The child is about to exit. Nobody else knows its id, so reap it. */
      while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
      child = -1;
    }
  }
  close(reading);
  return child;
}

/* The following are macros in the system's headers. */
static inline int cuv_exited (int status) { return WIFEXITED(status); }
static inline int cuv_exitcode (int status) { return WEXITSTATUS(status); }
static inline int cuv_termsignal (int status) { return WTERMSIG(status); }
