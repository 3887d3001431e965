// Package page is what all faces share: the frame of a page, the components (mirrors of govuk-frontend's markup plus a few of
// our own), texts, the router that no protection can be forgotten in, and the print view of a legal document.
// Rules it follows: GB/T 37668-2019 level 2, WCAG 2.2 AA; every page works without script and under a strict CSP.
package page
