/* The yardstick: a wrapper that decides nothing. It sets one variable and executes TARGET. */
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **arguments) {
    (void)count;
    setenv("GOTOOLCHAIN", "local", 1);
    execve(TARGET, arguments, environ);
    return 127;
}
