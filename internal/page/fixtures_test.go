package page

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// upstream is where npm puts govuk-frontend.
const upstream = "../../web/node_modules/govuk-frontend/dist/govuk/components"

// TestUpstreamFixtures compares with what govuk-frontend itself renders. Without node_modules there is nothing of theirs to
// compare with; TestGallery then still holds our own output.
func TestUpstreamFixtures(t *testing.T) {
	if _, err := os.Stat(upstream); errors.Is(err, os.ErrNotExist) {
		t.Log("web/node_modules is not there: run npm ci in web/ to compare with upstream")
		return
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
