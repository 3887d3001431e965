package page

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// upstream is where npm puts govuk-frontend.
const upstream = "../../web/node_modules/govuk-frontend/dist/govuk/components"

// TestUpstreamFixtures compares with what govuk-frontend itself renders from the same parameters. A fixture whose parameters
// our parts do not offer is not compared; that every component is compared or differs for a reason is TestEveryComponent's.
func TestUpstreamFixtures(t *testing.T) {
	if _, err := os.Stat(upstream); err != nil {
		t.Fatalf("govuk-frontend is needed to compare with: run `make setup` (%v)", err)
	}
	for name, build := range mirrors {
		raw, err := os.ReadFile(filepath.Join(upstream, name, "fixtures.json"))
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Fixtures []struct {
				Name, HTML string
				Options    json.RawMessage
			}
		}
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		compared := 0
		for _, f := range file.Fixtures {
			c := build(f.Options)
			if c == nil {
				continue
			}
			compared++
			var b bytes.Buffer
			if err := c.Render(WithPrefs(t.Context(), Prefs{Lang: "en"}), &b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(normalHTML(t, f.HTML), normalHTML(t, b.String())); diff != "" {
				t.Errorf("%s, fixture %q (-upstream +ours):\n%s", name, f.Name, diff)
			}
		}
		t.Logf("%s: %d of %d fixtures compared", name, compared, len(file.Fixtures))
		if compared == 0 {
			t.Errorf("%s: no fixture could be compared", name)
		}
	}
}

// normalHTML is one line per tag or text: attributes and classes sorted, blanks collapsed.
func normalHTML(t *testing.T, s string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<root>" + s + "</root>"))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var out []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		switch k := token.(type) {
		case xml.StartElement:
			var attrs []string
			for _, a := range k.Attr {
				v := strings.Join(strings.Fields(a.Value), " ")
				if a.Name.Local == "class" {
					words := strings.Fields(v)
					slices.Sort(words)
					v = strings.Join(words, " ")
				}
				attrs = append(attrs, a.Name.Local+"="+v)
			}
			slices.Sort(attrs)
			out = append(out, "<"+k.Name.Local+" "+strings.Join(attrs, " | ")+">")
		case xml.EndElement:
			out = append(out, "</"+k.Name.Local+">")
		case xml.CharData:
			if words := strings.Fields(string(k)); len(words) > 0 {
				out = append(out, strings.Join(words, " "))
			}
		}
	}
}

// TestEveryComponent: what the style sheet takes over from govuk-frontend, or has a part of ours under the same class, is
// compared with upstream's fixtures or stands in the list of differences with its reason.
func TestEveryComponent(t *testing.T) {
	sheet, err := os.ReadFile("../../web/scss/app.scss")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for line := range strings.Lines(string(sheet)) {
		if _, name, ok := strings.Cut(line, "dist/govuk/components/"); ok {
			used[strings.TrimRight(name, "\";\n")] = true
		}
	}
	if len(used) < 15 {
		t.Fatalf("only %d components in the style sheet: %v", len(used), used)
	}
	parts, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range parts {
		source, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range component.FindAllStringSubmatch(string(source), -1) {
			if _, err := os.Stat(filepath.Join(upstream, m[1], "fixtures.json")); err == nil {
				used[m[1]] = true
			}
		}
	}
	for name := range used {
		_, compared := mirrors[name]
		if _, known := differs[name]; !compared && !known {
			t.Errorf("%s is neither compared with upstream nor said to differ", name)
		}
	}
	for name, why := range differs {
		if _, compared := mirrors[name]; compared || !used[name] || len(why) < 20 {
			t.Errorf("%s stands in the list of differences without need", name)
		}
	}
}

// component finds the class that a component's outermost element bears.
var component = regexp.MustCompile(`"govuk-([a-z]+(?:-[a-z]+)*)"`)
