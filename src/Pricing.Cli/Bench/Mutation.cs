namespace Pricing.Cli.Bench;

/// <summary>Breaks files: flips, runs, copies, cuts, and numbers that parsers trip over.</summary>
static class Mutation
{
    static readonly string[] Words =
    [
        "-1", "0", "4294967295", "9223372036854775807", "99999999999999999999", "1e999", "nan", "-inf", "1,5", "0x10", "", " ", "\n", "\r", "\\", "\0",
        "<", ">", "\"", "&", "&#0;", "&x;", "<!DOCTYPE a>", "<!--", "]]>", "{", "[", "]", "}", "null", "solid", "facet", "endfacet", "vertex", "f", "v", "OFF", "ply",
    ];

    public static byte[] Of(byte[] file, Random random)
    {
        var bytes = new List<byte>(file);
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 8; times--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 4:
                    bytes.InsertRange(at, System.Text.Encoding.Latin1.GetBytes(Words[random.Next(Words.Length)]));
                    break;
                case 5:
                    for (var i = 0; i < Math.Min(4, length); i++)
                        bytes[at + i] = random.Next(2) == 0 ? (byte)255 : (byte)0;
                    break;
                case 6:
                    ReplaceNumber(bytes, at, random);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }

    static void ReplaceNumber(List<byte> bytes, int at, Random random)
    {
        var from = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (from < 0)
            return;
        var to = from;
        while (to < bytes.Count && bytes[to] is >= (byte)'0' and <= (byte)'9')
            to++;
        bytes.RemoveRange(from, to - from);
        bytes.InsertRange(from, System.Text.Encoding.Latin1.GetBytes(Words[random.Next(12)]));
    }
}
