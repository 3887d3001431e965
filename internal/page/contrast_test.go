package page

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pairs are the colours that stand on each other; least is 4.5 for text and 3 for controls and marks (WCAG 1.4.3, 1.4.11).
var pairs = []struct {
	on, under string
	least     float64
}{
	{"ink", "paper", 4.5},
	{"ink", "surface", 4.5},
	{"ink", "surface-2", 4.5},
	{"ink", "ok-tint", 4.5},
	{"ink", "paper", 7},
	{"ink-2", "paper", 4.5},
	{"ink-2", "surface", 4.5},
	{"ink-2", "grey-tint", 4.5},
	{"ink-2", "surface-2", 4.5},
	{"input-line", "paper", 3},
	{"input-line", "surface", 3},
	{"on-brand", "brand", 4.5},
	{"on-brand", "brand-deep", 4.5},
	{"brand", "paper", 4.5},
	{"brand", "surface", 4.5},
	{"brand", "surface-2", 4.5},
	{"brand-deep", "surface-2", 4.5},
	{"link", "paper", 4.5},
	{"link", "surface", 4.5},
	{"link-hover", "paper", 4.5},
	{"link-hover", "surface", 4.5},
	{"link-visited", "paper", 4.5},
	{"on-focus", "focus", 4.5},
	{"error", "paper", 4.5},
	{"error", "error-tint", 4.5},
	{"paper", "error", 4.5},
	{"ok", "paper", 4.5},
	{"ok", "ok-tint", 4.5},
	{"paper", "ok", 3},
	{"warn", "paper", 4.5},
	{"warn", "warn-tint", 4.5},
	{"warn", "surface", 4.5},
	{"error", "surface", 4.5},
	{"teal", "teal-tint", 4.5},
	{"purple", "purple-tint", 4.5},
}

// paperPairs are on paper or of fixed colour in every mode.
var paperPairs = [][3]string{
	{"seal", "paper", "4.5"}, {"ink", "ramp-0", "4.5"}, {"ink", "ramp-1", "4.5"}, {"ink", "ramp-2", "4.5"}, {"paper", "ramp-3", "4.5"}, {"paper", "ramp-4", "4.5"},
}

func TestContrastOfTokens(t *testing.T) {
	src, err := os.ReadFile("../../web/scss/_tokens.scss")
	if err != nil {
		t.Fatal(err)
	}
	normal, high := tokenMap(t, string(src), "$tokens:"), tokenMap(t, string(src), "$tokens-high:")
	for _, m := range []struct {
		name   string
		colour map[string]string
	}{{"normal", normal}, {"high", high}} {
		for _, p := range pairs {
			if got := contrast(t, m.colour, p.on, p.under); got < p.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", m.name, p.on, p.under, got, p.least)
			}
		}
	}
	for _, p := range paperPairs {
		least, err := strconv.ParseFloat(p[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := contrast(t, normal, p[0], p[1]); got < least {
			t.Errorf("%s on %s is %.2f, want %.1f", p[0], p[1], got, least)
		}
	}
}

func tokenMap(t *testing.T, src, name string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(src, name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	body, _, _ := strings.Cut(rest, ");")
	m := map[string]string{}
	for _, f := range regexp.MustCompile(`"([a-z0-9-]+)": (#[0-9A-F]{6})`).FindAllStringSubmatch(body, -1) {
		m[f[1]] = f[2]
	}
	if len(m) < 20 {
		t.Fatalf("%s has only %d colours", name, len(m))
	}
	return m
}

func contrast(t *testing.T, m map[string]string, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, m[a]), luminance(t, m[b])
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is WCAG's relative luminance of #RRGGBB.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("colour %q", hex)
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}
