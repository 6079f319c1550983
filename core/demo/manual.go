package demo

import (
	"bytes"
	"fmt"
	"strings"
)

// manual makes a PDF of one page (A4) with a title and lines of text, in Latin letters.
func manual(title string, lines []string) []byte {
	var page strings.Builder
	fmt.Fprintf(&page, "BT /F1 22 Tf 60 760 Td (%s) Tj ET\n", pdfText(title))
	for i, line := range lines {
		fmt.Fprintf(&page, "BT /F1 13 Tf 60 %d Td (%s) Tj ET\n", 715-22*i, pdfText(line))
	}
	var file bytes.Buffer
	file.WriteString("%PDF-1.4\n")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", page.Len(), page.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = file.Len()
		fmt.Fprintf(&file, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := file.Len()
	fmt.Fprintf(&file, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&file, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&file, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return file.Bytes()
}

// pdfText is a text as it stands between brackets in a PDF: one byte a letter.
func pdfText(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		switch {
		case r == '(' || r == ')' || r == '\\':
			escaped.WriteByte('\\')
			escaped.WriteRune(r)
		case r < 0x100:
			escaped.WriteByte(byte(r))
		default:
			escaped.WriteByte('?')
		}
	}
	return escaped.String()
}
