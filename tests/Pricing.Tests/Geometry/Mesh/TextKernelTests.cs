using System.Globalization;
using System.Runtime.Intrinsics;
using System.Text;
using NUnit.Framework;
using Pricing.Cli.Bench;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>The block kernels of the text formats against their plain twins: the same bits, notes and refusals, on every width this CPU has.</summary>
sealed unsafe class TextKernelTests
{
    static IEnumerable<InstructionSet> Wide => Shapes.Paths.Where(set => set != InstructionSet.Portable);

    static int Seed()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return seed;
    }

    /// <summary>Everything a caller can see of a decoding.</summary>
    static string Seen(byte[] file, string name, InstructionSet set, Func<int, int>? chunk = null, double scale = 1)
    {
        try
        {
            var soup = Soup.Decode(file, name, scale: scale, chunk: chunk, set: set);
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(soup.Bits));
            return $"{soup.Triangles} {hash.ToHashCode()} {string.Join(", ", soup.Notes)}";
        }
        catch (MeshFormatException e)
        {
            return $"{e.Reason} {e.Field} {e.Limit} {e.Actual}";
        }
    }

    static string Number(Random random)
    {
        var c = CultureInfo.InvariantCulture;
        switch (random.Next(10))
        {
            case 0:
                return (random.NextDouble() * 200 - 100).ToString("F6", c);
            case 1:
                return ((float)(random.NextDouble() * 200 - 100)).ToString(random.Next(2) == 0 ? "R" : "G9", c);
            case 2:
                return (random.NextDouble() * 2000 - 1000).ToString("0.000000e+00", c);
            case 3:
                return (random.NextDouble() * 2 - 1).ToString("R", c);
            case 4:
                {
                    // The point halfway between two floats cut to 15 digits: often its double is the halfway point and the text lies beside it.
                    if (random.Next(2) == 0)
                    {
                        var small = BitConverter.Int32BitsToSingle((random.Next(127 - 18, 127 + 18) << 23) | random.Next(1 << 23));
                        return (((double)small + MathF.BitIncrement(small)) / 2).ToString("0.00000000000000e+00", c);
                    }
                    // Or the point itself, and a hair beside it.
                    var value = BitConverter.Int32BitsToSingle((random.Next(127 + 10, 127 + 30) << 23) | random.Next(1 << 23));
                    var half = ((double)value + MathF.BitIncrement(value)) / 2;
                    return (random.Next(2) == 0 ? "-" : "") + ((decimal)half).ToString(c) + (random.Next(3) == 0 && !((decimal)half).ToString(c).Contains('.') ? ".000000000000000001" : "");
                }
            case 5:
                return random.Next(-1000, 1000).ToString(c);
            default:
                {
                    var digits = new string([.. Enumerable.Range(0, random.Next(1, random.Next(2) == 0 ? 17 : 25)).Select(_ => (char)('0' + random.Next(10)))]);
                    var point = random.Next(digits.Length + 1);
                    var sign = random.Next(12) switch { 0 => "+", < 6 => "-", _ => "" };
                    var exponent = random.Next(4) == 0 ? $"{(random.Next(2) == 0 ? "e" : "E")}{random.Next(-30, 30).ToString(random.Next(3) switch { 0 => "+0;-0", 1 => "+00;-00", _ => "+000;-000" }, c)}" : "";
                    return sign + digits[..point] + (point < digits.Length || random.Next(3) == 0 ? "." : "") + digits[point..] + exponent;
                }
        }
    }

    [Test]
    public void More_than_a_million_decimals_have_the_bits_of_the_plain_parser_on_every_path()
    {
        var random = new Random(Seed());
        var line = new byte[512];
        var slow = 0;
        for (var round = 0; round < 350_000; round++)
        {
            string[] words = [Number(random), Number(random), Number(random)];
            if (random.Next(20) == 0)
            {
                // A number gone wrong: both must say so.
                var at = random.Next(3);
                words[at] = words[at].Insert(random.Next(words[at].Length + 1), "x.-e+/\u007f,"[random.Next(8)].ToString());
            }
            var text = string.Join(random.Next(4) == 0 ? "  " : " ", words) + "\n";
            line.AsSpan().Fill((byte)'7');
            Encoding.ASCII.GetBytes(text, line);
            var expected = new double[3];
            var good = true;
            for (var i = 0; i < 3; i++)
                good &= TextNumber.TryParse(Encoding.ASCII.GetBytes(words[i]), out expected[i]);
            fixed (byte* p = line)
            {
                foreach (var set in Wide)
                {
                    var end = Read<TextBlock256>(p, p + line.Length, out var numbers);
                    if (end != (good ? text.Length - 1 : 0))
                        Assert.Fail($"{set}: {text} ends at {end}");
                    for (var i = 0; good && i < 3; i++)
                        if (BitConverter.DoubleToInt64Bits(numbers[i]) != BitConverter.DoubleToInt64Bits(expected[i]))
                            Assert.Fail($"{set}: {words[i]} gives {numbers[i]:R}, not {expected[i]:R}");
                }
            }
            slow += good ? 0 : 1;
        }
        Assert.That(slow, Is.InRange(1_000, 50_000), "lines gone wrong, so that most were numbers");
    }

    static int Read<TBlock>(byte* text, byte* last, out Vector256<double> numbers) where TBlock : struct, ITextBlock<TBlock>
    {
        var block = TBlock.Load(text);
        return DecimalTriple.Read(text, block, block.Blanks, last, DecimalTables.Instance, out numbers);
    }

    [Test]
    public void Block_masks_say_of_every_byte_what_the_plain_parsers_say()
    {
        var bytes = new byte[64];
        fixed (byte* p = bytes)
            for (var from = 0; from < 256; from += 64)
            {
                for (var i = 0; i < 64; i++)
                    bytes[i] = (byte)(from + i);
                if (Wide.Any())
                    Check(TextBlock256.Load(p), bytes);
                if (Wide.Any())
                    for (var half = 0; half < 64; half += 32)
                        Check(TextBlock32.Load(p + half), bytes[half..(half + 32)]);
            }

        static void Check<TBlock>(TBlock block, byte[] bytes) where TBlock : struct, ITextBlock<TBlock>
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                Assert.That((block.Blanks >> i & 1) == 1, Is.EqualTo(bytes[i] <= ' '), $"{bytes[i]} blank");
                Assert.That((block.Digits >> i & 1) == 1, Is.EqualTo(char.IsAsciiDigit((char)bytes[i])), $"{bytes[i]} digit");
                Assert.That((block.Matches((byte)'.') >> i & 1) == 1, Is.EqualTo(bytes[i] == '.'), $"{bytes[i]} dot");
                Assert.That((block.MatchesLetter((byte)'e') >> i & 1) == 1, Is.EqualTo(bytes[i] is (byte)'e' or (byte)'E'), $"{bytes[i]} e");
            }
        }
    }

    /// <summary>A text file of one of the kinds exporters write: notation, indentation, case, line ends and extra words differ.</summary>
    static byte[] Written(Random random, string name, out string style)
    {
        var mesh = Samples.Torus(random.Next(3, 12), random.Next(3, 9));
        var c = CultureInfo.InvariantCulture;
        var format = random.Next(6) switch { 0 => "F6", 1 => "0.000000e+00", 2 => "G9", 3 => "R", 4 => "0.000000E+000", _ => "F12" };
        var gap = random.Next(4) == 0 ? "  " : " ";
        string Point(int vertex) => string.Join(gap, mesh.Vertex(vertex).ToArray().Select(x => (random.Next(40) == 0 ? x * 1.0000001 : x).ToString(format, c)));
        var indent = random.Next(3) switch { 0 => "", 1 => "  ", _ => "\t" };
        var (slashes, extra) = (random.Next(4), random.Next(4) == 0);
        var text = new StringBuilder();
        if (name == "a.stl")
        {
            text.Append("solid some name\n");
            for (var t = 0; t < mesh.TriangleCount; t++)
            {
                var i = mesh.Triangles.AsSpan(3 * t, 3);
                text.Append($"{indent}facet normal {Point(0)}\n{indent}{indent}outer loop\n");
                for (var k = 0; k < 3; k++)
                    text.Append($"{indent}{indent}{indent}vertex {Point(i[k])}{(extra ? " " : "")}\n");
                text.Append($"{indent}{indent}endloop\n{indent}endfacet\n");
                if (random.Next(60) == 0)
                    text.Append("endsolid a\nsolid b\n");
            }
            text.Append("endsolid\n");
        }
        else if (name == "a.obj")
        {
            text.Append("# comment\nmtllib x.mtl\n\n");
            for (var v = 0; v < mesh.VertexCount; v++)
            {
                text.Append($"v {Point(v)}{(extra ? " 0.5 0.25 1" : "")}\n");
                if (slashes > 1)
                    text.Append($"vn {Point(0)}\n");
                if (random.Next(30) == 0)
                    text.Append("# joined \\\nv 1 2 3\n");
            }
            var far = new string('9', random.Next(1, 30));
            for (var t = 0; t < mesh.TriangleCount; t++)
            {
                var i = mesh.Triangles.AsSpan(3 * t, 3);
                string Corner(int vertex) => (vertex + 1).ToString(c) + slashes switch { 0 => "", 1 => $"/{far}", 2 => $"//{far}", _ => $"/{far}/{far}" };
                text.Append($"f{gap}{Corner(i[0])}{gap}{Corner(i[1])}{gap}{Corner(i[2])}{random.Next(20) switch { 0 => gap + Corner(i[0]), 1 => " # end", 2 => " \\\n" + Corner(i[1]), 3 => $"{gap}1 2", _ => "" }}\n");
                if (random.Next(30) == 0)
                    text.Append($"{(random.Next(2) == 0 ? " " : "")}f -1 -2 {i[0] + 1}\ng group\ns 1\n");
            }
        }
        else
        {
            var colours = extra ? " 255 0 1" : "";
            text.Append(name == "a.off" ? $"OFF\n{mesh.VertexCount} {mesh.TriangleCount} 0\n" : $"ply\nformat ascii 1.0\nelement vertex {mesh.VertexCount}\nproperty float x\nproperty float y\nproperty float z\n"
                + (extra ? "property uchar r\nproperty uchar g\nproperty uchar b\n" : "") + $"element face {mesh.TriangleCount}\nproperty list uchar int vertex_indices\nend_header\n");
            for (var v = 0; v < mesh.VertexCount; v++)
                text.Append($"{Point(v)}{colours}\n{(random.Next(30) == 0 ? "\n" : "")}");
            for (var t = 0; t < mesh.TriangleCount; t++)
            {
                var i = mesh.Triangles.AsSpan(3 * t, 3);
                text.Append(random.Next(20) == 0 ? $"4{gap}{i[0]}{gap}{i[1]}{gap}{i[2]}{gap}{i[0]}\n" : $"3{gap}{i[0]}{gap}{i[1]}{gap}{i[2]}{(random.Next(9) == 0 ? " 1 0.5 # c" : "")}\n");
            }
        }
        var whole = text.ToString();
        var upper = name == "a.stl" && random.Next(5) == 0;
        var end = random.Next(4) switch { 0 => "\r\n", 1 => "\r", _ => "\n" };
        style = $"{name} {format} gap {gap.Length} slashes {slashes} extra {extra} end {(int)end[0]} upper {upper}";
        return Encoding.ASCII.GetBytes((upper ? whole.ToUpperInvariant() : whole).Replace("\n", end));
    }

    [TestCase("a.stl"), TestCase("a.obj"), TestCase("a.off"), TestCase("a.ply")]
    public void Files_of_many_styles_decode_to_the_same_on_every_path_in_any_chunks(string name)
    {
        var random = new Random(Seed());
        for (var round = 0; round < 120; round++)
        {
            var file = Written(random, name, out var style);
            var scale = random.Next(3) == 0 ? 25.4 : 1;
            var expected = Seen(file, name, InstructionSet.Portable, scale: scale);
            Assert.That(expected, Does.Match("^[0-9]"), $"{style}: a good file");
            foreach (var set in Wide)
            {
                Assert.That(Seen(file, name, set, _ => file.Length, scale), Is.EqualTo(expected), $"{style} {set} whole");
                var largest = 1 << random.Next(6, 15);
                Assert.That(Seen(file, name, set, _ => random.Next(1, largest), scale), Is.EqualTo(expected), $"{style} {set} chunks to {largest}");
            }
        }
    }

    [TestCase("a.stl"), TestCase("a.obj"), TestCase("a.off"), TestCase("a.ply")]
    public void Mutated_files_are_refused_at_the_same_line_for_the_same_reason_on_every_path(string name)
    {
        var random = new Random(Seed());
        var ends = new SortedDictionary<string, int>();
        for (var round = 0; round < 1500; round++)
        {
            var file = Mutation.Of(Written(random, name, out var style), random);
            var expected = Seen(file, name, InstructionSet.Portable);
            var end = char.IsAsciiDigit(expected[0]) ? "decoded" : expected.Split(' ')[0];
            ends[end] = ends.GetValueOrDefault(end) + 1;
            foreach (var set in Wide)
            {
                var largest = 1 << random.Next(8, 18);
                Assert.That(Seen(file, name, set, _ => random.Next(1, largest)), Is.EqualTo(expected), $"round {round} {style} {set} chunks to {largest}");
            }
        }
        TestContext.Out.WriteLine(string.Join(", ", ends.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.That(ends, Has.Count.GreaterThan(3), "the mutations reach different ends");
    }

    [Test]
    public void Every_text_file_of_the_corpus_decodes_to_the_same_on_every_path()
    {
        foreach (var path in Corpus.Files("models").Concat(Corpus.Files("bad")).Where(path => Path.GetExtension(path) is ".stl" or ".obj" or ".off" or ".ply"))
        {
            var file = File.ReadAllBytes(path);
            var expected = Seen(file, Path.GetFileName(path), InstructionSet.Portable);
            foreach (var set in Wide)
                Assert.That(Seen(file, Path.GetFileName(path), set), Is.EqualTo(expected), $"{path} {set}");
        }
    }

    /// <summary>The kernels would pass every test above by reading nothing.</summary>
    [Test]
    public void Common_files_are_read_by_the_kernels_almost_whole()
    {
        var mesh = Samples.Torus(40, 30);
        foreach (var path in Wide.Select(TextPaths.For))
        {
            var writer = new TileWriter(new Idle(), new TriangleTile());
            var stl = Samples.File("ascii.stl", mesh);
            var from = stl.AsSpan().IndexOf((byte)'\n') + 1;
            Assert.That(new StlFacets().Read(path, stl.AsSpan(from), writer, out var lines), Is.GreaterThan(stl.Length - from - 1000));
            Assert.That(lines % 7, Is.Zero);

            var obj = Samples.File("mesh.obj", mesh);
            Assert.That(ObjLines.Read(path, obj, new(), writer, out lines), Is.GreaterThan(obj.Length - 300));
            Assert.That(lines, Is.GreaterThan(obj.Count((byte)'\n') - 20));

            var off = Samples.File("mesh.off", mesh);
            var body = off.AsSpan(off.AsSpan().IndexOf(" 0\n"u8) + 3);
            var vertices = new VertexStore();
            Assert.That(RecordLines.Points(path, body, mesh.VertexCount, 3, vertices, 1, out var taken), Is.EqualTo(mesh.VertexCount));
            Assert.That(RecordLines.Triangles(path, body[taken..], mesh.TriangleCount, vertices, writer, out _), Is.GreaterThan(mesh.TriangleCount - 30));
        }
    }

    sealed class Idle : ITileConsumer
    {
        public TriangleTile Accept(TriangleTile tile) => tile;
    }
}
