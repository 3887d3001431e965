package page

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/gallery.html anew")

// gallery is one of each part in the state that says most.
var gallery = []struct {
	name string
	part templ.Component
}{
	{"button", Button(ButtonParams{Text: "确认无误，提交申请", Once: true})},
	{"button link", ButtonLink("/apply", "开始办理")},
	{"input with error", Input(InputParams{Name: "amount", Label: "您要提取多少钱？", Heading: true, Hint: "最多 120,000 元。", Error: "请填写提取金额", Suffix: "元", InputMode: "numeric"})},
	{"radios", Radios(ChoiceParams{Name: "why", Legend: "为什么提取？", Value: "buy", Items: []Choice{{Value: "buy", Text: "买房", Hint: "合同由南京提供。"}, {Value: "rent", Text: "租房"}}})},
	{"date", DateInput(DateInputParams{Name: "born", Legend: "出生日期", Error: "月份要在 1 到 12 之间", BadMonth: true, Year: "1961", Month: "13", Day: "2", Birth: true})},
	{"errors", ErrorSummary("", "", []FieldError{{"amount", "请填写提取金额"}, {"why", "请选一个原因"}})},
	{"banner", NotificationBanner(BannerParams{Text: "已保存", Success: true})},
	{"summary", SummaryList("", []Row{{Key: "购房合同", Value: "宁房合字 2026-118902", Source: "南京市住房保障和房产局", At: "今天 09:12", WrongHref: "/wrong/1", Actions: []Action{{Href: "/q/1", Text: "更改", Hidden: "购房合同"}}}, {Key: "电话", Value: "尾号 6621"}})},
	{"statuses", sequence(StatusTag(Draft), StatusTag(Submitted), StatusTag(Accepted), StatusTag(Correction), StatusTag(Handling), StatusTag(Verifying), StatusTag(Done), StatusTag(Refused), StatusTag(Withdrawn))},
	{"modes", sequence(ModeTag("online"), ModeTag("entrusted"), ModeTag("joint"), ModeTag("delegated"), ModeTag("onsite"), ModeTag(""))},
	{"numbers", sequence(BigCaseNumber("510100-20261123-004271-6"), CaseNumber("51010020261123"))},
	{"places", TwoPlaces([]Place{{Name: "尚志", Role: "收件", State: "已收件", Done: true}, {Name: "西宁", Role: "办理", State: "正在审核", Active: true}})},
	{"due", DueLabel(Due{Date: "昨天 17:00", Words: "超 4 小时", Tone: ToneError})},
	{"identity", IdentityBar(Identity{No: "630100-20261120-000318-4", Matter: "营业执照设立", Applicant: "樊女士", Holder: "您", Mode: "entrusted", Status: Handling, Due: Due{Date: "11 月 26 日（周四）"}})},
	{"timeline", Timeline([]Event{{When: "今天 09:12", DateTime: "2026-11-23T09:12:00+08:00", What: "南京核实了购房合同", Where: "南京市住房保障和房产局"}, {When: "最迟 11 月 26 日", What: "钱到您的银行卡", Next: true}})},
	{"subnav", Subnav("办件", []Link{{Href: "/a", Text: "核对", Current: true}, {Href: "/b", Text: "材料"}})},
	{"tasks", TaskList("", []Task{{Title: "上传材料", Hint: "还差 1 份", Href: "/m", Status: "要补正", Tone: ToneError}, {Title: "签名", Status: "还不能开始", Locked: true}})},
	{"pages", Pagination(Pager{Next: "?p=2", Items: []PagerItem{{Href: "?p=1", N: 1, Current: true}, {Gap: true}, {Href: "?p=9", N: 9}}})},
	{"cards", Cards([]CardParams{{Href: "/guide/1", Title: "结婚登记", Line: "双方都到场", Mode: "joint"}})},
}

func sequence(parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, p := range parts {
			if err := p.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestGallery(t *testing.T) {
	var b strings.Builder
	for _, g := range gallery {
		b.WriteString("<!-- " + g.name + " -->\n" + rendered(t, g.part) + "\n")
	}
	const file = "testdata/gallery.html"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("gallery (-committed +now):\n%s", diff)
	}
}

func rendered(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNoInlineScriptOrStyle(t *testing.T) {
	all := []templ.Component{Page(Frame{Lang: "zh", Demo: true, UserName: "王杰", SignOut: "/out", Enhance: true}, templ.NopComponent)}
	for _, g := range gallery {
		all = append(all, g.part)
	}
	for _, c := range all {
		html := rendered(t, c)
		for _, bad := range []string{" style=", "<style", " onclick", "javascript:"} {
			if strings.Contains(html, bad) {
				t.Errorf("%q breaks the content security policy in %s", bad, html)
			}
		}
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	html := rendered(t, sequence(ButtonLink(`javascript:alert(1)`, `<b>`), SummaryList("", []Row{{Key: "<i>", Value: `"><script>`}})))
	for _, bad := range []string{"<b>", "<i>", "<script>"} {
		if strings.Contains(html, bad) {
			t.Errorf("%s is not escaped in %s", bad, html)
		}
	}
}
