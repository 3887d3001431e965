package stories

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/page"
)

// The two points of the checklist that are gaps in the story.
const (
	gapDomicile = "domicile"
	gapCharter  = "charter"
)

// correctionStory: two gaps, told once, mended at the window, granted.
func correctionStory(p *play) {
	t := words().Typed
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	p.review("mark-gaps",
		"mark."+gapDomicile, string(casefile.Amend), "note."+gapDomicile, t.ProblemDomicile,
		"mark."+gapCharter, string(casefile.Amend), "note."+gapCharter, t.ProblemCharter)
	p.step("correct", p.officer.name, func() {
		p.officer.click(say("desk.act.correct"))
		p.officer.push(say("desk.do.correct"), "fix."+gapDomicile, t.FixDomicile, "fix."+gapCharter, t.FixCharter)
		p.officer.expect(http.StatusOK, say("desk.warn.correct"), t.ProblemDomicile, t.ProblemCharter)
		p.officer.push(say("desk.confirm.correct"))
		p.officer.expect(http.StatusOK, say("desk.said.correct"))
		p.clerk.fetchCase(string(casefile.QueueCorrection))
		p.heldBy(p.shangzhi)
	})
	p.step("fix-page", p.fan.Name, func() {
		p.ownPage(page.Correction)
		p.applicant.click(say("entrance.case.fix", 2))
		p.applicant.expect(http.StatusOK, t.ProblemDomicile, t.FixDomicile, t.ProblemCharter, t.FixCharter, p.shangzhi)
	})
	p.step("supplement", p.clerk.name, func() {
		p.clerk.click(say("desk.act.supplement"))
		p.clerk.send(say("desk.do.supplement"), map[string]upload{
			"file.0": {"premises.png", scan()}, "file.1": {"charter.pdf", []byte("%PDF-1.4\n1 0 obj\n<</Type/Page >>\nendobj\n%%EOF\n")},
		})
		p.clerk.expect(http.StatusOK, say("desk.said.supplement"))
	})
	p.handOver("hand-over-again")
	p.step("no-second", p.officer.name, func() {
		p.officer.fetchCase(string(casefile.QueueReceived))
		p.officer.refuse(say("desk.act.correct"))
		p.officer.visit("/desk/cases/" + p.id + "/do/correct")
		p.officer.expect(http.StatusConflict)
		p.officer.visit("/desk/cases/" + p.id)
	})
	p.held()
	p.accept()
	p.review("review")
	p.decide("decide", "outcome", string(casefile.Granted))
	p.issue("issue")
	p.deliver()
	p.step("applicant-looks", p.fan.Name, func() { p.ownPageAgain() })
}

// refusalStory: refused with reasons, and how to fight it.
func refusalStory(p *play) {
	t := words().Typed
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	p.accept()
	p.review("review", "mark.name", string(casefile.Breaks))
	p.decide("deny", "outcome", string(casefile.Denied), "grounds", "name-forbidden", "text", t.Facts)
	p.issue("send-refusal")
	p.deliver()
	p.step("remedies", p.fan.Name, func() {
		p.ownPage(page.Refused)
		p.applicant.click(t.Refusal)
		p.applicant.expect(http.StatusOK, t.Facts, t.Remedies.Review, t.Remedies.Suit, p.xining)
	})
}

// ownPageAgain looks at the finished case with the session that is open.
func (p *play) ownPageAgain() {
	p.applicant.visit("/cases/" + p.no)
	p.applicant.expect(http.StatusOK, say("status."+string(page.Done)))
}

// scan is a picture as a window's scanner would give it.
func scan() []byte {
	img := image.NewGray(image.Rect(0, 0, 240, 320))
	for y := range 320 {
		for x := range 240 {
			if y%8 > 1 {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // memory takes everything
	return b.Bytes()
}
