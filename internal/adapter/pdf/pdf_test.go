package pdf

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tongban/internal/domain/licence"
	"tongban/internal/kernel/errs"
)

func sample() licence.Print {
	return licence.Print{
		Title: "营业执照",
		Rows: []licence.Field{
			{Label: "名称", Value: "西宁市雪莲商贸有限公司"},
			{Label: "法定代表人", Value: "覃㛃·艾合买提"},
			{Label: "经营范围", Value: strings.Repeat("日用百货销售；", 30) + "\n第二行"},
		},
		Foot: []string{"西宁市行政审批局", "2026-11-25", "1.2.156.3005.2.11100000MB0143028R001"}, Verify: "http://qinghai.localhost:8080/v/1.2.156",
	}
}

// A reader of its own (Poppler) finds every character of the print.
func TestAReaderFindsEveryCharacter(t *testing.T) {
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Fatal("pdftotext is missing: script/setup installs poppler-utils")
	}
	b, err := Licence(sample())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "licence.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), reader, "-raw", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	text := squeeze(string(out))
	for _, line := range sample().Lines() {
		if !strings.Contains(text, squeeze(line)) {
			t.Errorf("%q is not in the file's text:\n%s", line, out)
		}
	}
	if len(b) > 300<<10 {
		t.Errorf("%d bytes: the whole font is inside", len(b))
	}
}

// What the font cannot draw is refused by name, never left out; and without a font there is no print.
func TestACharacterOutsideTheFontIsRefused(t *testing.T) {
	for _, name := range []string{"王\U000323af", "李\u0600"} {
		p := sample()
		p.Rows[1].Value = name
		if b, err := Licence(p); !errs.Is(err, errs.FontLacks) || b != nil {
			t.Errorf("%q: %d bytes, %v", name, len(b), err)
		}
	}
	if _, err := open([]string{"/none"}); !errs.Is(err, errs.PDFUnavailable) {
		t.Errorf("without a font: %v", err)
	}
	file := filepath.Join(t.TempDir(), "bad.ttf")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 64), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open([]string{file}); !errs.Is(err, errs.PDFUnavailable) {
		t.Errorf("with a broken font: %v", err)
	}
}
