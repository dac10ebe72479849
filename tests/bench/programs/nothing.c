/* A `go` that exits at once: what is measured in front of it is the wrapper alone. */
void _start(void) {
#if defined(__x86_64__)
    __asm__ volatile("xor %edi, %edi\n\tmov $60, %eax\n\tsyscall");
#elif defined(__aarch64__)
    __asm__ volatile("mov x0, #0\n\tmov x8, #93\n\tsvc #0");
#else
#error "another machine"
#endif
    __builtin_unreachable();
}
