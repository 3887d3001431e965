package fsck

import (
	"fmt"
	"strconv"

	"tongban/internal/domain/objection"
	"tongban/internal/kernel/errs"
)

// bulletins holds what the node issued against the statements that it names: the signatures, and every sum again.
func (c *check) bulletins(n Node) error {
	months, err := n.Reader.BulletinMonths(c.ctx)
	if err != nil {
		return err
	}
	for _, month := range months {
		x, err := n.Reader.Bulletin(c.ctx, month)
		if err != nil {
			if err = c.spoilt(n, "", err); err != nil {
				return err
			}
			continue
		}
		c.report.Checked["bulletins"]++
		b, err := x.Check(n.Trust)
		switch {
		case err != nil:
			c.say("figure", n, "", "bulletin of", strconv.Itoa(month), errs.CodeOf(err).Text("en").What, err.Error())
		case b.Issuer != n.ID || b.Month != month:
			c.say("figure", n, "", fmt.Sprintf("the bulletin of %d is that of %s for %d", month, b.Issuer, b.Month))
		}
	}
	return nil
}

// words holds what was said about contested figures against its signatures.
func (c *check) words(n Node) error {
	list, err := n.Reader.Words(c.ctx)
	if err != nil {
		return c.spoilt(n, "", err)
	}
	for _, x := range list {
		if wrong := signedBy(n, x.Signed, objection.Typ, x.Word.By); wrong != "" {
			c.say("figure", n, "", "word", x.Word.Key(), wrong)
		}
	}
	c.report.Checked["objection-words"] += len(list)
	return nil
}
