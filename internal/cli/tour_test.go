package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestTour(t *testing.T) {
	run := func(args ...string) (code int, out []string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code = Run(t.Context(), append([]string{"tour"}, args...), strings.NewReader(""), &stdout, &stderr, func(string) string { return "" })
		t.Log(stderr.String())
		return code, strings.Split(strings.TrimSpace(stdout.String()), "\n")
	}
	code, out := run("-story", "licence", "--json")
	if code != exitYes || len(out) < 10 {
		t.Fatalf("exit %d with %d lines", code, len(out))
	}
	holders := map[string]bool{}
	for _, line := range out[:len(out)-1] {
		var s stepJSON
		if err := json.Unmarshal([]byte(line), &s); err != nil || s.Story != "licence" || s.Step == "" || s.At.IsZero() || !s.OK {
			t.Errorf("%s: %v", line, err)
		}
		holders[s.Holder] = true
	}
	if len(holders) != 3 { // nobody, the window, the deciding office
		t.Errorf("holders %v", holders)
	}
	if got, want := out[len(out)-1], `{"stories":1,"passed":1,"failed":0}`; got != want {
		t.Errorf("last line %s, want %s", got, want)
	}
	for _, bad := range [][]string{{"-story", "nobody"}, {"-db", "mysql://x"}, {"extra"}, {"-nix"}} {
		if code, _ := run(bad...); code != exitUsage {
			t.Errorf("%v: exit %d", bad, code)
		}
	}
}
