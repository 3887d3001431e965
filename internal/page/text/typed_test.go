package text

import "testing"

func TestTyped(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\u5c1a\u5fd7 1 \u53f7\n\t2": "\u5c1a\u5fd7 1 \u53f7\n\t2", "a\x00b\x1b[31m\x7f\u0085": "ab[31m",
		"\u202efdp.exe\u2066": "fdp.exe", "\ufeff\u200ba": "a", "a\xff\xfeb\ufffd": "ab", "\U0001f468\u200d\U0001f469": "\U0001f468\u200d\U0001f469",
	} {
		if got := Typed(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
