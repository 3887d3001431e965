// Package cli is the command line. Names, flags, --json fields and exit codes are a contract that scripts rely on
// (architecture §6): 0 yes, valid, clean; 2 bad input; 3 no, invalid, violations; 1 for anything else that went wrong.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"tongban/internal/kernel/errs"
)

// The exit codes.
const (
	exitYes   = 0
	exitFault = 1
	exitUsage = 2
	exitNo    = 3
)

// env is what a command may touch of the world.
type env struct {
	Args           []string // after the command's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string

	lang string
	json bool
}

// command is one subcommand. What it does in a line stands in text.toml under "help-NAME".
type command struct {
	name string
	run  func(ctx context.Context, e *env) int
}

// commands are all of them, in the order of the help text. To add one: a line here, a text in text.toml, a file.
var commands = []command{
	{"demo", runDemo},
	{"tour", runTour},
	{"can", runCan},
	{"search", runSearch},
	{"catalogue", runCatalogue},
	{"verify", runVerify},
	{"errors", runErrors},
	{"init", runInit},
	{"invite", runInvite},
	{"enrol", runEnrol},
	{"doctor", runDoctor},
	{"serve", runServe},
	{"channel", runChannel},
	{"fsck", runFsck},
	{"backup", runBackup},
	{"restore", runRestore},
	{"rebuild", runRebuild},
	{"keys", runKeys},
	{"bench", runBench},
	{"gallery", runGallery},
}

// Run runs the command that args name and gives the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	e := &env{Stdin: stdin, Stdout: stdout, Stderr: stderr, Getenv: getenv, lang: language(getenv("TONGBAN_LANG"))}
	if len(args) == 0 {
		e.help(stderr)
		return exitUsage
	}
	e.Args = args[1:]
	switch args[0] {
	case "help", "-h", "-help", "--help":
		e.help(stdout)
		return exitYes
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		e.say(stderr, "unknown-command", args[0])
		e.help(stderr)
		return exitUsage
	}
	return commands[i].run(ctx, e)
}

func (e *env) help(w io.Writer) {
	e.say(w, "usage")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, e.text("help-"+c.name)) //nolint:errcheck // a closed terminal
	}
}

// flags makes a command's flag set with -lang; -json comes with withJSON.
func (e *env) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(e.Stderr)
	f.StringVar(&e.lang, "lang", e.lang, "zh or en")
	return f
}

func (e *env) withJSON(f *flag.FlagSet) {
	f.BoolVar(&e.json, "json", false, "print JSON for machines")
}

// parse reads flags and n positional arguments at most, in any order. If it fails it has said why, and code is the exit
// code.
func (e *env) parse(f *flag.FlagSet, n int) (rest []string, code int, ok bool) {
	args := e.Args
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, exitYes, false
			}
			return nil, exitUsage, false
		}
		e.lang = language(e.lang)
		if f.NArg() == 0 {
			return rest, 0, true
		}
		if len(rest) == n {
			e.say(e.Stderr, "too-many", f.Arg(0))
			return nil, exitUsage, false
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
}

func language(s string) string {
	if s == "en" {
		return "en"
	}
	return "zh"
}

// problem is an error as machines read it.
type problem struct {
	Code   uint32 `json:"code"`
	What   string `json:"what"`
	Next   string `json:"next"`
	Detail string `json:"detail,omitempty"`
}

// fail prints an error in words and gives the exit code that fits its kind.
func (e *env) fail(err error) int {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		if errs.CodeOf(err) == errs.Unexpected {
			err = errs.Wrap(errs.FileUnreadable, err, "")
		}
	}
	code := errs.CodeOf(err)
	text := code.Text(e.lang)
	if e.json {
		e.printTo(e.Stderr, problem{uint32(code), text.What, text.Next, err.Error()})
	} else {
		e.say(e.Stderr, "failed", uint32(code), text.What, text.Next, err)
	}
	switch code.Kind() {
	case errs.Invalid, errs.NotFound, errs.TooLarge, errs.Conflict, errs.Forbidden, errs.Unauthenticated:
		return exitUsage
	case errs.Internal, errs.Unavailable, errs.Exhausted, errs.Corrupt:
	}
	return exitFault
}

// print writes one JSON value on a line of its own.
func (e *env) print(v any) { e.printTo(e.Stdout, v) }

func (e *env) printTo(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a pipe may be closed
}

// line writes words to the standard output.
func (e *env) line(key string, args ...any) { e.say(e.Stdout, key, args...) }
