package document

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var update = flag.Bool("update", false, "write the golden texts")

// full has every field filled, as no real case would.
func full() Data {
	return Data{
		ID: "019ab000-0000-7000-8000-000000000001", OfficeCode: "11630100MB9901629G", Date: "2026-11-23",
		CaseNo: "23202611230000017", ItemName: "内资企业及分支机构设立登记", ApplicantName: "李梅", ApplicantMaskedID: "**************0018",
		HereOffice: "尚志市政务服务中心", ThereOffice: "西宁市行政审批服务局", Window: "3号窗口 王芳", Phone: "0971-12345",
		Delivery: "邮寄送达", Channel: "手机扫码或者原收件窗口", Due: "2026-12-04", DueKind: "promised", OldDue: "2026-11-27",
		AcceptBy: "2026-11-30", PromisedDays: 3, StatutoryDays: 20, Approver: "张强", Procedure: "experts", ProcedureDays: 15,
		Materials:   []Material{{"公司登记（备案）申请书", 6, "original"}, {"住所使用证明", 2, "copy"}, {"公司章程", 12, "electronic"}},
		Corrections: []Fix{{"公司章程", "第二页缺签字", "全体股东签字后重新扫描", "《市场主体登记管理条例》第十六条"}, {"住所使用证明", "已过期", "提供有效期内的租赁合同", "《市场主体登记管理条例》第十一条"}},
		Facts:       []string{"申请的名称与已登记企业相同。"}, Reasons: []string{"名称不符合规定。", "经营范围未获批准。"},
		Basis: []string{"《企业名称登记管理规定》第十七条"}, GoTo: "西宁市市场监督管理局", Result: "准予设立登记",
		Agent: "王经办", AgentMaskedID: "**************0026", Representative: "陈法人", Fingerprint: "ab12 cd34",
		Amount: 8050, PayWay: "bank", PayRef: "B1", Charges: []Charge{{"住宅登记费（每件）", 8050, "发改价格规〔2016〕2559号 正文"}},
		Validity: "长期", Conditions: []string{"取得许可前不得从事食品经营。"},
		LicenceName: "营业执照", LicenceNo: "91630100MA00000000", LicenceID: "1.2.156.3005.2.11100000MB0143028R001.11630100MB9901629G.1.001.X",
		Face: [][2]string{{"名称", "西宁某某商贸有限公司"}, {"法定代表人", "李梅"}}, Inquiry: Inquired{
			Question: "户籍登记情况", By: "西宁市行政审批服务局", Of: "尚志市政务服务中心", At: "2026-11-23 09:31", Due: "2026-11-30", Words: "请核实曾用名",
			Answered: "2026-11-24 10:05", LetterNo: "23202611230000017-P-09-1", Letter: "ABCD2345", Note: "以户籍底册为准",
		},
		Bag: Bag{
			No: "23-20261123-000001-7-01-5", By: "尚志市政务服务中心", Of: "西宁市行政审批服务局", Hands: "李窗口", At: "2026-11-23 09:31", Due: "2026-11-30", Way: "post",
			Ref: "RA473124829US", Pages: 14, Early: "申请人要出国（王组长）", Received: "2026-11-25 15:02", Takes: "赵审核", ListNo: "23-20261123-000001-7-01-5", List: "WXYZ2345", Note: "少一页",
		},
		Lines:   []Line{{"住所使用证明", 2, "original", "line-differs"}, {"公司章程", 12, "copy", "line-here"}},
		Answers: []Answer{{"是否在本地登记常住户口", "answer-yes"}, {"户籍地址", "演示路 1 号"}}, ReviewOrg: "西宁市", ReviewURL: "fuyi.example.cn", Court: "西宁市城中区",
	}
}

func compose(t *testing.T, k Kind, data Data) Doc {
	t.Helper()
	d, err := Compose(k, data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestMustSay holds each kind against what the law and pages.md §5 require it to say.
func TestMustSay(t *testing.T) {
	for k, must := range map[Kind][]string{
		Intake: {
			"收件不等于受理", "公司登记（备案）申请书\t6\t原件", "住所使用证明\t2\t复印件", "公司章程\t12\t电子件", "3号窗口 王芳",
			"2026年11月30日", "第三十二条", "尚志市政务服务中心", "西宁市行政审批服务局",
		},
		Acceptance: {
			"受理通知书", "现予受理", "尚志市政务服务中心", "西宁市行政审批服务局", "2026年12月4日（承诺办结期限）", "3个工作日", "20个工作日",
			"邮寄送达", "0971-12345", "第三十二条",
		},
		Correction: {
			"全部内容", "公司章程\t第二页缺签字\t全体股东签字后重新扫描\t《市场主体登记管理条例》第十六条", "其余材料已收讫，不再提出其他补正要求",
			"2026年12月4日", "自补齐全部补正材料之日起受理",
		},
		NotAccepted: {"不予受理", "名称不符合规定", "《企业名称登记管理规定》第十七条", "请向西宁市市场监督管理局提出申请", "六十日", "六个月", "西宁市人民政府", "西宁市城中区有管辖权的人民法院"},
		Extension:   {"2026年11月27日", "2026年12月4日", "张强", "《企业名称登记管理规定》第十七条", "名称不符合规定"},
		Procedure:   {"专家评审", "15个工作日", "第四十五条", "名称不符合规定。", "2026年11月23日"},
		Grant:       {"决定准予", "准予设立登记", "长期", "取得许可前不得从事食品经营", "第三十八条"},
		Refusal: {
			"申请的名称与已登记企业相同", "1．名称不符合规定", "2．经营范围未获批准", "《企业名称登记管理规定》第十七条", "60日", "6个月", "六十日", "六个月",
			"西宁市人民政府", "西宁市城中区有管辖权的人民法院", "fuyi.example.cn", "第二十二条",
		},
		Inquiry: {"核实回函", "户籍登记情况", "是否在本地登记常住户口\t是", "演示路 1 号", "双方签章", "2026-11-23 09:31", "ABCD2345", "2026-11-24 10:05", "2026年11月30日", "《企业名称登记管理规定》第十七条"},
		Manifest: {
			"交接清单（收件回执）", "23-20261123-000001-7-01-5", "邮政企业寄递　RA473124829US", "住所使用证明\t2\t原件\t收到，与清单不符", "公司章程\t12\t复印件\t收到，相符",
			"共 2 份，14 页", "李窗口　2026-11-23 09:31　清单校验码WXYZ2345", "赵审核　2026-11-25 15:02", "少一页", "申请人要出国（王组长）", "2026年11月30日",
		},
		Mandate: {"授权委托书", "王经办", "**************0026", "陈法人", "2026年11月23日", "1．取得许可前不得从事食品经营。", "长期", "不得转委托", "ab12 cd34", "随时收回"},
		Payment: {"缴费凭证", "80.50", "住宅登记费（每件）", "发改价格规〔2016〕2559号", "网上支付", "B1"},
		Licence: {"营业执照", "91630100MA00000000", "1.2.156.3005.2.", "打印件以核验结果为准", "名称\t西宁某某商贸有限公司", "2026年11月23日"},
	} {
		text := compose(t, k, full()).Text()
		for _, s := range append(must, "李梅", "**************0018", "23202611230000017", "校验码") {
			if k == Licence && s == "23202611230000017" {
				s += "-P-08" // a licence stands alone; only its number names the case
			}
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q:\n%s", k, s, text)
			}
		}
		for _, s := range []string{"<no value>", "{{", "promised", "original"} {
			if strings.Contains(text, s) {
				t.Errorf("%s says %q:\n%s", k, s, text)
			}
		}
	}
}

// TestGolden shows each document's text to a reader of the change.
func TestGolden(t *testing.T) {
	for _, k := range Kinds() {
		file := filepath.Join("testdata", string(k)+".txt")
		got := compose(t, k, full()).Text()
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: %s", k, d)
		}
	}
}

// TestRequired empties each field that a kind requires.
func TestRequired(t *testing.T) {
	s, err := Load(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds() {
		for _, name := range append(slices.Clone(s.forms[k].requires), "ID", "CaseNo", "Date", "ApplicantName") {
			data := full()
			reflect.ValueOf(&data).Elem().FieldByName(name).SetZero()
			if _, err := s.Compose(k, data); !errs.Is(err, errs.DocumentIncomplete) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s without %s: %v", k, name, err)
			}
		}
	}
	for name, change := range map[string]func(*Data){
		"another calendar": func(d *Data) { d.Date = "2026年11月23日" },
		"no such day":      func(d *Data) { d.Due = "2026-02-30" },
		"whole ID":         func(d *Data) { d.ApplicantMaskedID = "11010519491231002X" },
	} {
		data := full()
		change(&data)
		if _, err := s.Compose(Acceptance, data); !errs.Is(err, errs.DocumentIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Compose("P-99", full()); !errs.Is(err, errs.DocumentIncomplete) {
		t.Errorf("P-99: %v", err)
	}
}

// TestEmptyIsLeftOut: what a case does not have leaves no empty row, heading or sentence.
func TestEmptyIsLeftOut(t *testing.T) {
	data := full()
	data.Facts, data.ReviewURL, data.Phone, data.ApplicantMaskedID, data.StatutoryDays = nil, "", "", "", 0
	for _, k := range []Kind{Acceptance, Refusal} {
		d := compose(t, k, data)
		for _, s := range []string{"查明的事实", "互联网", "证件号码", "咨询投诉电话", "法定时限"} {
			if strings.Contains(d.Text(), s) {
				t.Errorf("%s says %q of nothing", k, s)
			}
		}
		for _, b := range d.Blocks {
			parts := 0
			for _, has := range []bool{b.Heading != "", b.Para != "", b.Fields != nil, b.Table != nil} {
				if has {
					parts++
				}
			}
			if parts != 1 {
				t.Errorf("%s: block %+v is %d things", k, b, parts)
			}
		}
	}
}

// TestNotPermit: a document on an item that is no licence does not rest on the licensing law.
func TestNotPermit(t *testing.T) {
	data := full()
	data.NotPermit = true
	for _, k := range Kinds() {
		if text := compose(t, k, data).Text(); strings.Contains(text, "行政许可法") || strings.Contains(text, "。。") {
			t.Errorf("%s: %s", k, text)
		}
	}
}

func TestCheckCode(t *testing.T) {
	a, again := compose(t, Acceptance, full()), compose(t, Acceptance, full())
	if d := cmp.Diff(a, again); d != "" {
		t.Errorf("the same data give two documents: %s", d)
	}
	data := full()
	data.Due = "2026-12-05"
	b := compose(t, Acceptance, data)
	if a.Check == b.Check || len(a.Check) != CheckSize || a.VerifyPath != "/v/"+a.Check {
		t.Errorf("%q %q %q", a.Check, b.Check, a.VerifyPath)
	}
	if got, ok := NormalCheck(strings.ToLower(a.Check[:4]) + " - " + a.Check[4:]); !ok || got != a.Check {
		t.Errorf("typed by hand: %q", got)
	}
	for _, bad := range []string{"", a.Check[1:], a.Check + "2", "0" + a.Check[1:], "I" + a.Check[1:]} {
		if _, ok := NormalCheck(bad); ok {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestRead(t *testing.T) {
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	signer, want := proof.NewSigner(k), compose(t, Refusal, full())
	sign := func(typ string, d Doc) proof.Signed {
		s, err := proof.SignJSON(signer, typ, d)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := sign(Typ, want)
	got, err := Read(s)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if b, err := want.Canonical(); err != nil || !bytes.Equal(b, s.Body) {
		t.Errorf("canonical bytes are not what is signed: %v", err)
	}
	altered, noCheck, path := want, want, want
	altered.Date, noCheck.Check, path.VerifyPath = "2026-11-24", "", "/x"
	for name, d := range map[string]Doc{"altered": altered, "no check code": noCheck, "another path": path} {
		if _, err := Read(sign(Typ, d)); !errs.Is(err, errs.DocumentAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(sign("fact", want)); !errs.Is(err, errs.WrongType) {
		t.Errorf("another type: %v", err)
	}
	s.Body = []byte("{")
	if _, err := Read(s); !errs.Is(err, errs.UnreadableBody) {
		t.Errorf("not JSON: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, change := range map[string]func(fstest.MapFS){
		"file missing":     func(m fstest.MapFS) { delete(m, "documents/P-05.toml") },
		"common missing":   func(m fstest.MapFS) { delete(m, "documents/common.toml") },
		"not TOML":         func(m fstest.MapFS) { m["documents/P-01.toml"].Data = []byte("= 1") },
		"unknown key":      func(m fstest.MapFS) { m["documents/P-01.toml"].Data = []byte(`titel = "x"`) },
		"bad template":     func(m fstest.MapFS) { m["documents/P-01.toml"].Data = []byte(`title = "{{"`) },
		"unknown field":    func(m fstest.MapFS) { m["documents/P-01.toml"].Data = []byte(`title = "{{.Nobody}}"`) },
		"unknown required": func(m fstest.MapFS) { m["documents/P-01.toml"].Data = []byte(`requires = ["Nobody"]`) },
		"unknown element": func(m fstest.MapFS) {
			m["documents/P-01.toml"].Data = []byte("[[block]]\neach=\"Materials\"\npara=\"{{.V.Nobody}}\"")
		},
		"not a list": func(m fstest.MapFS) { m["documents/P-01.toml"].Data = []byte("[[block]]\neach=\"CaseNo\"\npara=\"x\"") },
		"ragged table": func(m fstest.MapFS) {
			m["documents/P-01.toml"].Data = []byte("[[block]]\neach=\"Basis\"\nhead=[\"a\"]")
		},
		"bad part": func(m fstest.MapFS) { m["documents/common.toml"].Data = []byte("[parts]\nx=\"{{\"") },
	} {
		m := fstest.MapFS{}
		for _, f := range append(Kinds(), "common") {
			b, err := catalogue.FS.ReadFile("documents/" + string(f) + ".toml")
			if err != nil {
				t.Fatal(err)
			}
			m["documents/"+string(f)+".toml"] = &fstest.MapFile{Data: b}
		}
		change(m)
		if _, err := Load(m); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	for b.Loop() {
		if _, err := Compose(Acceptance, full()); err != nil {
			b.Fatal(err)
		}
	}
}
