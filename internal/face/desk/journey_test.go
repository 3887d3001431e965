package desk_test

import (
	"slices"
	"strings"
	"testing"
)

func TestTheWholeWay(t *testing.T) {
	w := newWorld(t)
	clerk := w.at(w.here, "clerk")
	id := w.takeIn("clerk")
	base := "/desk/cases/" + id

	// the receipt prints, with the address that proves it
	clerk.get(base + "/receipt")
	clerk.get(clerk.link("打印收件凭证")).want(200, "收件凭证", "https://23.example/v/", "樊晓梅").without("230183199001010025")
	clerk.get("/desk").want(200, "收件中", "1 件", "樊**", "尚志市 → 西宁市", "天")
	clerk.get(base).want(200, "您只核对形式，实质由西宁市审。", "转给西宁市").without("230183199001010025")
	clerk.get(base+"?full=1").want(200, "230183199001010025")
	if v := w.views(w.here, id); !slices.Contains(v, "clerk desk.check") || !slices.Contains(v, "clerk desk.check.full") {
		t.Errorf("views in the log: %v", v)
	}

	// handed over while the other place is away, then delivered by itself
	w.net.Partition("23", "63")
	clerk.get(base).send(base+"/do/hand-over").want(200, "已转出，等对方签收。", "已转出，等西宁市签收", "追回")
	w.net.Heal("23", "63")
	w.settle()
	clerk.get(base).want(200, "西宁市行政审批服务局").without("追回")

	// the officer: checklist, one-time correction
	officer := w.at(w.there, "decider")
	officer.get("/desk").want(200, "待受理", "1 件")
	officer.get(base).want(200, "您单位审实质并决定", "核对要点", "租约.pdf", "受理", "一次性告知补正").without("转给")
	officer.get(base + "/files/0")
	if officer.code != 200 || officer.raw != pdf || officer.head.Get("Content-Type") != "application/pdf" ||
		!strings.Contains(officer.head.Get("Content-Security-Policy"), "sandbox") || officer.head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("file: %d %v", officer.code, officer.head)
	}
	officer.get(base).send(base+"/do/review", "mark.name", "meets", "mark.domicile", "amend", "note.domicile", "租约没有出租人签名")
	officer.want(200, "核对结果已保存")
	officer.get(base+"/do/correct").want(200, "只能告知一次", "租约没有出租人签名")
	officer.send(base+"/do/correct", "fix.domicile", "").want(422, "这一项要填写")
	officer.send(base+"/do/correct", "fix.domicile", "请出租人签名后重新扫描").want(200, "最后核对一遍", "不能再提其他问题")
	officer.send(base+"/do/correct").want(200, "告知书已发出")
	w.settle()

	// the clerk: only what is missing, then over again
	clerk.get("/desk?queue=correction").want(200, "要补正", "1 件")
	clerk.get(base).want(200, "要补 1 项", "请出租人签名后重新扫描").without("/do/hand-over")
	clerk.get(base+"/do/supplement").want(200, "租约没有出租人签名")
	clerk.send(base+"/do/supplement", "do", "x").want(422, "请写怎样补的")
	clerk.send(base+"/do/supplement", "answer.0", "出租人已签名", "file.0", upload{"signed.png", png}).want(200, "补好了", "转给西宁市")
	clerk.send(base+"/do/hand-over").want(200, "已转出")
	w.settle()

	// accept, no second notice, decide with a look before, issue
	officer.get(base).want(200, "出租人已签名", "signed.png").without("/do/correct")
	officer.get(base+"/do/correct").want(409, "补正只能一次性告知")
	officer.get(base+"/do/accept").want(200, "受理后不能再告知补正").send(base+"/do/accept").want(200, "已受理")
	officer.get(base+"/do/decide").send(base+"/do/decide", "outcome", "granted").want(422, "要核对为符合")
	mark := []any{}
	for _, k := range []string{"name", "scope", "legal-rep", "domicile", "charter"} {
		mark = append(mark, "mark."+k, "meets")
	}
	officer.get(base).send(base+"/do/review", mark...).want(200, "核对结果已保存")
	officer.get(base+"/do/decide").send(base+"/do/decide", "outcome", "granted").want(200, "最后核对一遍", "准予")
	officer.send(base+"/do/decide").want(200, "决定已作出", "制证并送出")
	officer.get(base+"/do/issue").send(base+"/do/issue").want(200, "已签发")
	w.settle()

	// delivered: the case is closed at both places, every act signed
	clerk.get("/desk?queue=deliver").want(200, "待送达", "1 件")
	clerk.get(base+"/do/deliver").send(base+"/do/deliver", "way", "counter").want(422, "核对身份证件")
	clerk.send(base+"/do/deliver", "seen", "yes").want(200, "已送达", "办好了")
	w.settle()
	clerk.get(base+"/history").want(200, "收件", "转出", "受理", "作出决定", "送达", "签名核对无误").without("签名核对不上")
	clerk.get(base+"/papers").want(200, "收件凭证", "受理通知书", "营业执照")
	clerk.get(clerk.link("营业执照")).want(200, "营业执照", "西宁市雪莲商贸有限公司", "https://23.example/v/")
	officer.get(base).want(200, "办好了").without("/do/")
	clerk.get(base+"/materials?lang=en").want(200, "Materials")
}

func TestRefusalAndReturn(t *testing.T) {
	w := newWorld(t)
	clerk, officer := w.at(w.here, "clerk"), w.at(w.there, "decider")
	id := w.takeIn("clerk")
	base := "/desk/cases/" + id
	send := func() {
		clerk.get(base).send(base + "/do/hand-over").want(200)
		w.settle()
	}
	send()
	officer.get(base+"/do/return").send(base+"/do/return").want(422, "请选一个原因")
	officer.send(base+"/do/return", "reason", "unreadable").want(200, "已退回")
	w.settle()
	clerk.get("/desk?queue=returned").want(200, "退回我处", "1 件")
	clerk.get(base).want(200, "材料图像看不清")
	clerk.get(base+"/do/supplement").send(base+"/do/supplement").want(422, "没有看到补了什么")
	clerk.send(base+"/do/supplement", "a.trade_name", "雪").want(422)
	clerk.send(base+"/do/supplement", "a.trade_name", "雪峰", "note", "重扫", "file.premises", upload{"again.pdf", pdf}).want(200, "西宁市雪峰商贸有限公司")
	send()
	officer.get(base + "/do/accept").send(base + "/do/accept").want(200)
	officer.get(base+"/do/suspend").send(base+"/do/suspend", "procedure", "hearing").want(422, "这一项要填写", "1 到 250 之间")
	officer.send(base+"/do/suspend", "procedure", "hearing", "text", "利害关系人要求听证", "days", "１５").want(200, "期限暂停", "听证")
	officer.get(base+"/papers").want(200, "特别程序告知书")
	officer.get(officer.link("特别程序告知书")).want(200, "利害关系人要求听证", "15个工作日")
	officer.get(base+"/do/resume").send(base+"/do/resume").want(200, "期限接着算")
	officer.get(base+"/do/decide").send(base+"/do/decide", "outcome", "denied").want(422, "请选至少一条理由", "这一项要填写")
	officer.send(base+"/do/decide", "grounds", "unlawful", "text", "<b>查明</b>").want(200, "最后核对一遍", "不予").without("<b>查明</b>")
	officer.send(base+"/do/decide").want(200, "决定已作出")
	officer.get(base + "/do/issue").send(base + "/do/issue").want(200)
	w.settle()
	clerk.get(base+"/do/deliver").send(base+"/do/deliver", "way", "post").want(422, "收件地址")
	clerk.send(base+"/do/deliver", "to", "尚志市某街 1 号", "postal", "RA473124828US").want(422, "邮件号不对")
	clerk.send(base+"/do/deliver", "postal", "ra 4731 2482 9us").want(200, "没批准")
	c, err := w.here.Store.Case(t.Context(), id)
	must(t, err)
	if c.Private.Delivery.Postal != "RA473124829US" {
		t.Errorf("posted under %q", c.Private.Delivery.Postal)
	}
}

func TestDeclineAndWithdraw(t *testing.T) {
	w := newWorld(t)
	clerk, officer := w.at(w.here, "clerk"), w.at(w.there, "reviewer")
	base := "/desk/cases/" + w.takeIn("clerk")
	clerk.get(base).send(base + "/do/hand-over").want(200)
	w.settle()
	officer.get(base+"/do/decline").send(base+"/do/decline", "grounds", "wrong-office", "text", "应当向西宁市城东区申请").want(200, "最后核对一遍", "不属于本登记机关管辖")
	officer.send(base+"/do/decline").want(200, "不予受理通知书已出具")
	officer.get(base+"/papers").want(200, "不予受理通知书")

	second := "/desk/cases/" + w.takeIn("clerk2")
	clerk.get(second+"/do/withdraw").want(200, "不能恢复").send(second+"/do/withdraw").want(200, "已撤回").without("/do/")

	// recalled on the way: nobody there has it
	third := "/desk/cases/" + w.takeIn("clerk")
	w.net.Partition("23", "63")
	clerk.get(third).send(third+"/do/hand-over").want(200, "追回")
	clerk.get(third+"/do/recall").send(third+"/do/recall").want(200, "正在向西宁市追回")
	w.net.Heal("23", "63")
	w.settle()
	clerk.get(third).want(200)
}
