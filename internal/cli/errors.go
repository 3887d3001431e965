package cli

import (
	"context"
	"strconv"

	"tongban/internal/kernel/errs"
)

// codeJSON is an error code as `errors --json` prints it.
type codeJSON struct {
	Code   uint32 `json:"code"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Zh     string `json:"zh"`
	NextZh string `json:"next_zh"`
	En     string `json:"en"`
	NextEn string `json:"next_en"`
}

var kinds = map[errs.Kind]string{
	errs.Internal: "internal", errs.Invalid: "invalid", errs.Unauthenticated: "unauthenticated", errs.Forbidden: "forbidden",
	errs.NotFound: "not-found", errs.Conflict: "conflict", errs.TooLarge: "too-large", errs.Unavailable: "unavailable",
	errs.Exhausted: "exhausted", errs.Corrupt: "corrupt",
}

// runErrors explains an error number, or lists all.
func runErrors(_ context.Context, e *env) int {
	f := e.flags("errors")
	e.withJSON(f)
	rest, code, ok := e.parse(f, 1)
	if !ok {
		return code
	}
	if len(rest) == 0 {
		for _, c := range errs.Codes() {
			if e.json {
				e.print(explain(c))
			} else {
				e.line("error-line", uint32(c), c.Name(), kinds[c.Kind()], c.Text(e.lang).What)
			}
		}
		return exitYes
	}
	n, err := strconv.ParseUint(rest[0], 10, 32)
	c := errs.Code(n)
	if err != nil || !c.Known() {
		return e.fail(errs.New(errs.NoSuchCode, "%q", rest[0]))
	}
	if e.json {
		e.print(explain(c))
		return exitYes
	}
	x := explain(c)
	e.line("error-full", x.Code, x.Name, x.Kind, x.Zh, x.NextZh, x.En, x.NextEn)
	return exitYes
}

func explain(c errs.Code) codeJSON {
	zh, en := c.Text("zh"), c.Text("en")
	return codeJSON{uint32(c), c.Name(), kinds[c.Kind()], zh.What, zh.Next, en.What, en.Next}
}
