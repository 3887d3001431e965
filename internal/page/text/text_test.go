package text

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// use finds t(ctx, "key"), text.T(lang, "key" and page.T(ctx, "key"; a key that ends in a dot is a prefix completed at run time.
var use = regexp.MustCompile(`\b(?:text\.T|page\.T|T|t)\([^,()"]*(?:\([^()]*\))?,\s*"([a-z0-9_]+(?:\.[a-z0-9_]+)*\.?)"`)

func TestEveryKeyUsedExists(t *testing.T) {
	used := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") ||
			(!strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ")) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range use.FindAllStringSubmatch(string(src), -1) {
			key := m[1]
			if !strings.Contains(key, ".") {
				continue
			}
			used++
			if strings.HasSuffix(key, ".") {
				if !hasPrefix(key) {
					t.Errorf("%s uses keys under %q, but there are none", path, key)
				}
			} else if !Has(key) {
				t.Errorf("%s uses %q, which is in no catalogue file", path, key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if used < 40 {
		t.Errorf("found only %d uses: the pattern no longer matches how texts are used", used)
	}
}

func hasPrefix(p string) bool {
	for _, k := range Keys() {
		if strings.HasPrefix(k, p) {
			return true
		}
	}
	return false
}

func TestChinesePunctuation(t *testing.T) {
	half := regexp.MustCompile(`\p{Han}[,:;?!]|[,:;?!]\p{Han}`)
	for k, p := range catalogue {
		if half.MatchString(p.zh) {
			t.Errorf("%s: half-width punctuation between Chinese characters: %s", k, p.zh)
		}
		if strings.Count(p.zh, "%") != strings.Count(p.en, "%") {
			t.Errorf("%s: the languages do not take the same arguments", k)
		}
	}
}

func TestStatusWordsAreTheClosedList(t *testing.T) {
	n := 0
	for _, k := range Keys() {
		if strings.HasPrefix(k, "status.") {
			n++
		}
	}
	if n != 9 {
		t.Errorf("%d status words, want 9", n)
	}
}

func TestT(t *testing.T) {
	if got := T("zh", "component.from", "南京市房产局", "今天 09:12"); got != "来自：南京市房产局，今天 09:12" {
		t.Error(got)
	}
	if got := T("en", "status.done"); got != "Done" {
		t.Error(got)
	}
	if got := T("zh", "no.such"); got != "no.such" {
		t.Error(got)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, src := range map[string]map[string]string{
		"one language": {"a.toml": `[a]` + "\n" + `b = { zh = "甲" }`},
		"twice":        {"a.toml": `a = { zh = "甲", en = "a" }`, "b.toml": `a = { zh = "乙", en = "b" }`},
		"stray value":  {"a.toml": `[a]` + "\n" + `b = "甲"`},
		"not TOML":     {"a.toml": `[a`},
	} {
		f := fstest.MapFS{}
		for n, s := range src {
			f[n] = &fstest.MapFile{Data: []byte(s)}
		}
		if _, err := load(f); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}
