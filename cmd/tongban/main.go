// Command tongban is the whole system in one binary; `tongban help` lists what it can do.
package main

import (
	"context"
	"os"

	"tongban/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
