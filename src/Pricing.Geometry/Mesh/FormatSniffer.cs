using System.Buffers.Binary;
using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>Names a file's format from its first bytes and its length; the extension speaks only where the content leaves a doubt.</summary>
static class FormatSniffer
{
    const string Known = "STL, OBJ, PLY, OFF, 3MF, glTF, GLB or AMF";

    static ReadOnlySpan<byte> Bom => [0xEF, 0xBB, 0xBF];

    static readonly string[] ObjKeywords =
        ["v", "vn", "vt", "vp", "f", "o", "g", "s", "l", "p", "mtllib", "usemtl", "call", "mg", "cstype"];

    /// <param name="head">The first bytes of the file: all of it, or as many as the sniffing decoder collects.</param>
    /// <param name="totalBytes">Length of the whole file.</param>
    /// <param name="fileName">Hint, or null.</param>
    public static MeshFormat Sniff(ReadOnlySpan<byte> head, long totalBytes, string? fileName)
    {
        var extension = ExtensionOf(fileName);

        // 1. A binary STL is told by its length: many begin with "solid", and no other format meets the equation.
        if (head.Length >= BinaryStlDecoder.HeaderBytes
            && BinaryStlDecoder.HeaderBytes + (long)StlRecord.Bytes * BinaryPrimitives.ReadUInt32LittleEndian(head[80..]) == totalBytes)
            return MeshFormat.StlBinary;

        // 2. Magic numbers.
        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8))
            return MeshFormat.ThreeMf; // or a zipped AMF: the directory, at the end of the file, will say
        if (head.StartsWith("glTF"u8))
            return MeshFormat.Glb;

        // 3. Text formats by their first word.
        var text = SkipBom(head).TrimStart(" \t\r\n"u8);
        if (text.StartsWith("ISO-10303-21"u8))
            throw new MeshFormatException("STEP_NOT_SUPPORTED",
                "This is a STEP file: exact surfaces, not a mesh. Export the part from CAD as STL, 3MF or OBJ.", "file", Known, "STEP");
        if (text.StartsWith("ply\n"u8) || text.StartsWith("ply\r"u8))
            return MeshFormat.Ply;
        if (text.StartsWith("{"u8))
            return MeshFormat.Gltf;
        if (text.StartsWith("<"u8) && (extension == ".amf" || text.IndexOf("<amf"u8) >= 0))
            return MeshFormat.Amf;
        if (text.StartsWith("OFF BINARY"u8))
            return MeshFormat.Off; // its decoder says that this form is not read
        var binary = text.IndexOfAnyInRange((byte)0, (byte)8) >= 0;
        if (StartsWithIgnoreCase(text, "solid"u8))
            return binary && !LooksLikeFacets(text) ? MeshFormat.StlBinary : MeshFormat.StlAscii;
        if (!binary && FirstWord(text) is { } word)
        {
            if (OffDecoder.IsMagic(word))
                return MeshFormat.Off;
            if (word is "facet" or "FACET")
                return MeshFormat.StlAscii;
            if (Array.IndexOf(ObjKeywords, word) >= 0)
                return MeshFormat.Obj;
        }

        // 4. The extension, where it does not contradict the bytes.
        return (extension, binary) switch
        {
            (".stl", true) => MeshFormat.StlBinary,
            (".stl", false) when totalBytes >= BinaryStlDecoder.HeaderBytes && !IsPlainText(text) => MeshFormat.StlBinary,
            (".stl", false) => MeshFormat.StlAscii,
            (".obj", false) when head.Length > 0 => MeshFormat.Obj,
            (".off", false) => MeshFormat.Off,
            ("", true) when MayBeBinaryStl(head, totalBytes) => MeshFormat.StlBinary,
            _ => throw Unknown(head, extension),
        };
    }

    /// <summary>Nameless bytes whose length is that of whole STL records, or of the counted ones and a short tail: its decoder says what is wrong.</summary>
    static bool MayBeBinaryStl(ReadOnlySpan<byte> head, long totalBytes)
    {
        if (head.Length < BinaryStlDecoder.HeaderBytes)
            return false;
        var body = totalBytes - BinaryStlDecoder.HeaderBytes;
        var tail = body - (long)StlRecord.Bytes * BinaryPrimitives.ReadUInt32LittleEndian(head[80..]);
        return body % StlRecord.Bytes == 0 || tail is >= 0 and < StlRecord.Bytes;
    }

    static MeshFormatException Unknown(ReadOnlySpan<byte> head, string extension) =>
        new("FORMAT_UNKNOWN", "The file is in no mesh format we read.", "file", Known,
            $"first bytes {Convert.ToHexString(head[..Math.Min(8, head.Length)])}{(extension.Length > 0 ? $", extension {extension}" : "")}");

    static string ExtensionOf(string? fileName)
    {
        var extension = Path.GetExtension(fileName ?? "").ToLowerInvariant();
        return extension.Length <= 8 ? extension : "";
    }

    static ReadOnlySpan<byte> SkipBom(ReadOnlySpan<byte> head) => head.StartsWith(Bom) ? head[3..] : head;

    static bool StartsWithIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);

    static bool LooksLikeFacets(ReadOnlySpan<byte> text) =>
        text.IndexOf("facet normal"u8) >= 0 || text.IndexOf("FACET NORMAL"u8) >= 0;

    static bool IsPlainText(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)9, (byte)126) < 0;

    /// <summary>The first word that is not in a comment; null when the head holds nothing else.</summary>
    static string? FirstWord(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            text = text.TrimStart(" \t\r\n"u8);
            if (text.IsEmpty)
                return null;
            if (text[0] != '#')
            {
                var end = text.IndexOfAny(" \t\r\n"u8);
                return Encoding.Latin1.GetString(text[..Math.Min(32, end < 0 ? text.Length : end)]);
            }
            var line = text.IndexOfAny((byte)'\r', (byte)'\n');
            if (line < 0)
                return null;
            text = text[line..];
        }
    }
}
