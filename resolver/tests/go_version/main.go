// The go/version package, asked from outside: each line of standard input holds two names with a tab between,
// each line of output the answers for them.
package main

import (
	"bufio"
	"fmt"
	"go/version"
	"os"
	"strings"
)

func main() {
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		left, right, _ := strings.Cut(input.Text(), "\t")
		fmt.Fprintf(output, "%t\t%d\t%s\n", version.IsValid(left), version.Compare(left, right), version.Lang(left))
	}
	if err := input.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
