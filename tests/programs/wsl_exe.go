// Stands in for wsl.exe where a Windows program is asked for: prints the line it was started with and its arguments as C
// programs of Windows read them, one a line, and ends with 3.
package main

import (
	"os"
	"syscall"
	"unsafe"
)

func main() {
	line := (*[1 << 15]uint16)(unsafe.Pointer(syscall.GetCommandLine()))
	print := func(text string) { os.Stdout.WriteString(text + "\n") }
	print(syscall.UTF16ToString(line[:]))
	for _, argument := range os.Args[1:] {
		print("[" + argument + "]")
	}
	os.Exit(3)
}
