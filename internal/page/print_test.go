package page

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tongban/internal/domain/document"
)

var tags = regexp.MustCompile(`<[^>]*>`)

func TestDocumentCarriesEveryWord(t *testing.T) {
	d := document.Doc{
		No: "〔2026〕青宁审受字第 000318 号", Title: "受理通知书", To: "樊××", Office: "西宁市行政审批服务局", Date: "2026-11-23", Check: "8F3K2QXD", VerifyPath: "/v/8F3K2QXD",
		Blocks: []document.Block{
			{Heading: "受理", Para: "材料齐全，现予受理。"},
			{Fields: [][2]string{{"办件编号", "630100-20261120-000318-4"}}},
			{Table: &document.Table{Head: []string{"材料", "页数"}, Rows: [][]string{{"章程", "14"}}}},
		},
	}
	html := rendered(t, Document(d, PrintView{VerifyURL: "https://qinghai.example/v/8F3K2QXD", Seal: d.Office, Demo: true}))
	words := tags.ReplaceAllString(html, "")
	for line := range strings.SplitSeq(strings.TrimSpace(d.Text()), "\n") {
		for cell := range strings.SplitSeq(line, "\t") {
			if cell == d.Date {
				cell = "2026 年 11 月 23 日"
			}
			if !strings.Contains(words, cell) {
				t.Errorf("%q is missing", cell)
			}
		}
	}
	if got := strings.Count(words, "演示"); got < 2 {
		t.Errorf("seal and document say 演示 %d times", got)
	}
	plain := rendered(t, Document(d, PrintView{}))
	if strings.Contains(plain, "<svg") || strings.Contains(plain, "演示") {
		t.Error("a document without address and seal shows a code, a seal or a demo mark")
	}
}

func TestQRCodeIsAtLeast30mm(t *testing.T) {
	for _, address := range []string{"https://a.example/v/8F3K2QXD", "https://xining.qinghai.tongban.example/v/8F3K2QXD?from=paper"} {
		q, ok := drawQR(address)
		if !ok {
			t.Fatal("no code")
		}
		mm, err := strconv.ParseFloat(strings.TrimSuffix(q.MM, "mm"), 64)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := strconv.ParseFloat(strings.Fields(q.Box)[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if dark := mm * (whole - 2*quietModules) / whole; dark < 29.9 {
			t.Errorf("%s: %.1f mm", address, dark)
		}
	}
	if _, ok := drawQR(strings.Repeat("x", 5000)); ok {
		t.Error("drew what no QR code can hold")
	}
}

func TestSealArc(t *testing.T) {
	for _, name := range []string{"成", "西宁市行政审批服务局", "黑龙江省哈尔滨市尚志市住房公积金管理中心"} {
		g := sealArc(name)
		if len(g) != len([]rune(name)) || g[0].Size < 10 {
			t.Errorf("%s: %d signs of size %d", name, len(g), g[0].Size)
		}
	}
	if sealArc("") != nil && len(sealArc("")) != 0 {
		t.Error("an empty name has signs")
	}
}

func TestLongDate(t *testing.T) {
	if got := longDate(t.Context(), "2026-03-08"); got != "2026 年 3 月 8 日" {
		t.Error(got)
	}
	if got := longDate(t.Context(), "soon"); got != "soon" {
		t.Error(got)
	}
}
