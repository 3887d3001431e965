package pdf

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tongban/internal/domain/document"
	"tongban/internal/kernel/errs"
)

// A reader of its own finds every text of a document, also where a table goes over several pages, whose head stands on each.
func TestADocumentIsPrintedWhole(t *testing.T) {
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Fatal("pdftotext is missing: script/setup installs poppler-utils")
	}
	table := &document.Table{Head: []string{"地区", "收件", "办结率"}}
	for range 60 {
		table.Rows = append(table.Rows, []string{"新疆生产建设兵团" + strings.Repeat("长名", 12), "12 *", "98.7%"})
	}
	d := document.Doc{Title: "全国通报", Blocks: []document.Block{
		{Para: "这些数由各地签名的记录算出。"}, {Heading: "各地区", Table: table}, {Fields: [][2]string{{"摘要", strings.Repeat("0f", 32)}}},
	}, Office: "枢纽", Date: "2026-12-05"}
	b, err := Document(d, "http://localhost/open/bulletins/2026-11")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "d.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), reader, "-raw", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(out)), "")
	for _, line := range linesOf(d, "http://localhost/open/bulletins/2026-11") {
		if !strings.Contains(text, strings.Join(strings.Fields(line), "")) {
			t.Errorf("%q is not in the print", line)
		}
	}
	if pages, heads := strings.Count(string(out), "\f"), strings.Count(text, "地区收件办结率"); heads < 2 || heads < pages-1 { // the last may have the rest alone
		t.Errorf("%d pages, %d heads", pages, heads)
	}
	d.Title = "\u0600"
	if _, err := Document(d, "x"); !errs.Is(err, errs.FontLacks) {
		t.Errorf("a character without a glyph: %v", err)
	}
}
