package photo

// ConvertApart is convertApart.
var ConvertApart = convertApart
