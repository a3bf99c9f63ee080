using System.Text;
using NUnit.Framework;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>What each text format allows, and what each refusal names.</summary>
sealed class TextFormatTests
{
    static Soup Decode(string text, string name) => Soup.Decode(Samples.Utf8(text), name);

    static MeshFormatException Refusal(string text, string name) => Assert.Throws<MeshFormatException>(() => Decode(text, name))!;

    const string Facet = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n";
    static readonly float[] FacetCoordinates = [0, 0, 0, 1, 0, 0, 0, 1, 0];

    [TestCase("solid a\n" + Facet + "endsolid a")]
    [TestCase("SOLID\r\nFACET NORMAL nan nan nan OUTER LOOP VERTEX 0 0 0 VERTEX 1 0 0 VERTEX 0 1 0 ENDLOOP ENDFACET\r\nENDSOLID")]
    [TestCase("solid facet vertex 1\rfacet normal 0 0\r1 outer loop\rvertex 0\r0 0\rvertex 1 0 0\rvertex 0 1 0\rendloop\rendfacet\rendsolid x y")]
    public void Ascii_stl_is_read_by_words_whatever_the_line_breaks_and_case(string text)
    {
        var soup = Decode(text, "a.stl");
        Assert.That(soup.Coordinates, Is.EqualTo(FacetCoordinates));
        Assert.That(soup.Notes, Is.Empty);
    }

    [Test]
    public void Several_solids_in_one_stl_are_one_model()
    {
        Assert.That(Decode($"solid a\n{Facet}endsolid a\nsolid b\n{Facet}endsolid b\n", "a.stl").Triangles, Is.EqualTo(2));
    }

    [Test]
    public void A_missing_endsolid_is_said() =>
        Assert.That(Decode("solid a\n" + Facet, "a.stl").Notes.Single().Code, Is.EqualTo("STL_NO_ENDSOLID"));

    [TestCase("vertex 0 1 0\n", "STL_FACET_CORNERS", "line 6")]
    [TestCase("vertex 0 1,5 0\n", "NUMBER_MALFORMED", "line 6")]
    [TestCase("vertex 0 nan 0\n", "COORDINATE_NOT_FINITE", "line 6")]
    [TestCase("corner 0 1 0\n", "STL_SYNTAX", "line 6")]
    public void A_facet_gone_wrong_is_named_by_its_line(string line, string reason, string field)
    {
        var refusal = Refusal("solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\n"
            + (reason == "STL_FACET_CORNERS" ? "vertex 5 5 5 " : "") + line + "endloop\nendfacet\nendsolid", "a.stl");
        Assert.That((refusal.Reason, refusal.Field), Is.EqualTo((reason, field)));
    }

    [Test]
    public void A_line_of_a_gigabyte_is_refused_after_the_first_64_kilobytes()
    {
        var seen = 0L;
        foreach (var (head, name) in new[] { ("solid a\nfacet ", "a.stl"), ("v 1 2 3\nf ", "a.obj"), ("OFF\n3 1 0\n", "a.off"), ("ply\nformat ascii 1.0\ncomment ", "a.ply"), ("v 1 \\", "a.obj") })
        {
            var decoder = Pricing.Geometry.Mesh.MeshDecoder.Open(700L << 20, name, null, 1, new(new Keeper(), new()));
            decoder.Push(Samples.Utf8(head));
            var chunk = Samples.Utf8(new string(head.EndsWith('\\') ? ' ' : '1', 4096));
            var refusal = Assert.Throws<MeshFormatException>(() =>
            {
                for (seen = 0; seen < 1 << 20; seen += chunk.Length)
                    decoder.Push(chunk);
            })!;
            Assert.That(refusal.Reason, Is.EqualTo("TEXT_LINE_TOO_LONG"), name);
            Assert.That(seen, Is.LessThanOrEqualTo(Limits.Mesh.TextLineBytesMax + 2 * chunk.Length));
        }
    }

    [TestCase("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3")]
    [TestCase("# c\r\nmtllib x.mtl\r\no part\r\nv 0 0 0 1.0\r\nv 1 0 0 0.5 0.5 0.5\r\nv 0 1 0\r\nvt 0 0\r\nvn 0 0 1\r\ng a\r\nusemtl b\r\ns off\r\nf 1/1/1 2/1/1 3/1/1 # end")]
    [TestCase("v 0 0 0\nv 1 0 0\nv 0 1 0\nf -3//9 -2//9 -1//9\nl 1 2\np 1\n")]
    [TestCase("v 0 0 0\nv 1 0 0\nv 0 1 \\\n0\nf 1/5 2/7 \\\r\n3/9\n")]
    public void Obj_faces_come_in_many_spellings(string text) =>
        Assert.That(Decode(text, "a.obj").Coordinates, Is.EqualTo(FacetCoordinates));

    [Test]
    public void A_polygon_becomes_a_fan_and_a_face_of_two_corners_is_skipped_and_said()
    {
        var soup = Decode("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\nf 1 2\n", "a.obj");
        Assert.That(soup.Coordinates, Is.EqualTo(new float[] { 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0 }));
        Assert.That(soup.Notes.Single().Code, Is.EqualTo("FACES_SKIPPED"));
    }

    [TestCase("f 1 2 4", "INDEX_OUT_OF_RANGE"), TestCase("f 0 1 2", "INDEX_OUT_OF_RANGE"), TestCase("f -4 1 2", "INDEX_OUT_OF_RANGE")]
    [TestCase("f 1 2 x", "NUMBER_MALFORMED"), TestCase("f 1 2 99999999999999999999", "NUMBER_MALFORMED"), TestCase("v 1 2", "NUMBER_MALFORMED")]
    [TestCase("f 9223372036854775807 1 2", "NUMBER_MALFORMED"), TestCase("f -999999999999999999 1 2", "INDEX_OUT_OF_RANGE")]
    public void An_obj_line_gone_wrong_is_named(string line, string reason)
    {
        var refusal = Refusal($"v 0 0 0\nv 1 0 0\nv 0 1 0\n{line}\n", "a.obj");
        Assert.That((refusal.Reason, refusal.Field), Is.EqualTo((reason, "line 4")));
    }

    [Test]
    public void A_face_of_too_many_corners_is_refused()
    {
        var face = "f" + string.Concat(Enumerable.Repeat(" 1 2 3", Limits.Mesh.PolygonCornersMax / 3 + 1));
        Assert.That(Refusal($"v 0 0 0\nv 1 0 0\nv 0 1 0\n{face}\n", "a.obj").Reason, Is.EqualTo("FACE_TOO_MANY_CORNERS"));
    }

    [TestCase("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")]
    [TestCase("# first\nCOFF 3 1 0 # counts\n\n0 0 0 255 0 0 255\n1 0 0 1 1 1 1\n# between\n0 1 0 0 0 0 0\n3 0 1 2 0.5 0.5 0.5")]
    [TestCase("NOFF\n3\n1\n0 0 0 0 0 1\n1 0 0 0 0 1\n0 1 0 0 0 1\n3 0 1 2\n")]
    public void Off_and_its_coloured_variants_are_read(string text) =>
        Assert.That(Decode(text, "a.off").Coordinates, Is.EqualTo(FacetCoordinates));

    [TestCase("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n", "OFF_TRUNCATED"), TestCase("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", "INDEX_OUT_OF_RANGE")]
    [TestCase("OFF BINARY\n\u0001", "OFF_BINARY_NOT_SUPPORTED"), TestCase("4OFF\n1 1 1\n", "OFF_DIMENSION"), TestCase("OFF\n99999999999 6 0\n", "TOO_MANY_VERTICES")]
    [TestCase("OFF\n3 99999999999 0\n", "TOO_MANY_TRIANGLES"), TestCase("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n99999 0 1 2\n", "FACE_TOO_MANY_CORNERS"), TestCase("OFF\n-3 1 0\n", "NUMBER_MALFORMED")]
    public void An_off_gone_wrong_is_named(string text, string reason) => Assert.That(Refusal(text, "a.off").Reason, Is.EqualTo(reason));

    const string PlyHead = "ply\nformat ascii 1.0\ncomment c\nelement vertex 3\nproperty float nx\nproperty double x\nproperty float y\nproperty float z\nproperty list uchar int tags\n";

    [TestCase("element face 1\nproperty list uchar uint vertex_index\nproperty uchar red\nend_header\n9 0 0 0 0\n9 1 0 0 2 7 8\n9 0 1 0 1 5\n3 0 1 2 255\n")]
    [TestCase("element edge 1\nproperty int a\nproperty int b\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n9 0 0 0 0\n9 1 0 0 2 7 8\n9 0 1 0 1 5\n0 1\n3 0 1 2")]
    public void Ply_steps_over_properties_and_elements_it_does_not_need(string rest) =>
        Assert.That(Decode(PlyHead + rest, "a.ply").Coordinates, Is.EqualTo(FacetCoordinates));

    [TestCase("element tristrips 1\nproperty list int int vertex_indices\nend_header\n", "PLY_TRISTRIPS_NOT_SUPPORTED")]
    [TestCase("element face 1\nproperty list uchar int other\nend_header\n9 0 0 0 0\n9 1 0 0 0\n9 0 1 0 0\n3 0 1 2\n", "PLY_HEADER_MALFORMED")]
    [TestCase("element face 1\nproperty list uchar int vertex_index\nend_header\n9 0 0 0 0\n9 1 0 0 0\n9 0 1 0 0\n3 0 1 3\n", "INDEX_OUT_OF_RANGE")]
    [TestCase("element face 1\nproperty list uchar int vertex_index\nend_header\n9 0 0 0 0\n9 1 0 0 0\n9 0 1 0 0\n3 0 1\n", "NUMBER_MALFORMED")]
    [TestCase("element face 1\nproperty list uchar int vertex_index\nend_header\n9 0 0 0 0\n9 1 0 0 0\n9 0 1 0 0\n5000 0 1\n", "FACE_TOO_MANY_CORNERS")]
    [TestCase("element face 2\nproperty list uchar int vertex_index\nend_header\n9 0 0 0 0\n9 1 0 0 0\n9 0 1 0 0\n3 0 1 2\n", "PLY_TRUNCATED")]
    [TestCase("element face 40000000\nproperty list uchar int vertex_index\nend_header\n9 0 0 0 0\n", "PLY_TRUNCATED")]
    [TestCase("element face 99999999999\nproperty list uchar int vertex_index\nend_header\n9 0 0 0 0\n", "TOO_MANY_TRIANGLES")]
    [TestCase("element face 1\nproperty list float int vertex_index\nend_header\n", "PLY_HEADER_MALFORMED")]
    [TestCase("element face 1\nproperty quad x\nend_header\n", "PLY_HEADER_MALFORMED")]
    [TestCase("element empty 1000000000000\nend_header\n", "PLY_HEADER_MALFORMED")]
    public void A_ply_gone_wrong_is_named(string rest, string reason) => Assert.That(Refusal(PlyHead + rest, "a.ply").Reason, Is.EqualTo(reason));

    [Test]
    public void A_binary_ply_with_crlf_header_and_trailing_bytes_is_read_and_the_tail_said()
    {
        var file = Samples.File("little.ply", Samples.Torus());
        var headerEnd = Encoding.Latin1.GetString(file).IndexOf("end_header\n", StringComparison.Ordinal) + 11;
        byte[] crlf = [.. Samples.Utf8(Encoding.ASCII.GetString(file, 0, headerEnd).Replace("\n", "\r\n")), .. file.AsSpan(headerEnd), 1, 2, 3];
        foreach (var chunk in new[] { 1, 7, 100_000 })
        {
            var soup = Soup.Decode(crlf, chunk: _ => chunk);
            Assert.That(soup.Coordinates, Is.EqualTo(Samples.Coordinates(Samples.Torus())));
            Assert.That(soup.Notes.Single().Code, Is.EqualTo("TRAILING_BYTES"));
        }
    }

    [Test]
    public void One_decimal_has_the_same_bits_in_every_text_format()
    {
        // Half-way between two floats plus a hair: rounding through double would lose the hair.
        const string X = "16777217.0000000000000001", Y = "0.1", Z = "-1234.5678901234567";
        string[] p = [$"{X} {Y} {Z}", $"{Y} {Z} 0", $"{Z} 0 {X}"];
        var stl = $"solid\nfacet normal 0 0 0\nouter loop\nvertex {p[0]}\nvertex {p[1]}\nvertex {p[2]}\nendloop\nendfacet\nendsolid";
        var obj = $"v {p[0]}\nv {p[1]}\nv {p[2]}\nf 1 2 3";
        var off = $"OFF\n3 1 0\n{p[0]}\n{p[1]}\n{p[2]}\n3 0 1 2";
        var ply = $"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar int vertex_index\nend_header\n{p[0]}\n{p[1]}\n{p[2]}\n3 0 1 2";
        var vertices = string.Concat(p.Select(point => point.Split(' ')).Select(c => $"<vertex x='{c[0]}' y='{c[1]}' z='{c[2]}'/>"));
        var threeMf = Samples.ThreeMf($"<resources><object id='1'><mesh><vertices>{vertices}</vertices><triangles><triangle v1='0' v2='1' v3='2'/></triangles></mesh></object></resources><build><item objectid='1'/></build>");
        var scale = 1.0 / 1024; // a power of two: exact, and brings 16777217 into the allowed range
        var expected = Soup.Decode(Samples.Utf8(stl), scale: scale).Bits;
        Assert.That(BitConverter.Int32BitsToSingle(expected[1]), Is.EqualTo(0.1f / 1024));
        Assert.That(BitConverter.Int32BitsToSingle(expected[0]), Is.EqualTo(16777218f / 1024));
        foreach (var text in new[] { obj, off, ply })
            Assert.That(Soup.Decode(Samples.Utf8(text), scale: scale).Bits, Is.EqualTo(expected));
        Assert.That(Soup.Decode(threeMf, scale: scale).Bits, Is.EqualTo(expected));
    }

    [Test]
    public void A_step_file_is_refused_with_advice() =>
        Assert.That(Refusal("ISO-10303-21;\nHEADER;", "part.stp"), Has.Property("Reason").EqualTo("STEP_NOT_SUPPORTED").And.Message.Contains("STL"));

    sealed class Keeper : Pricing.Geometry.Mesh.ITileConsumer
    {
        public Pricing.Geometry.Mesh.TriangleTile Accept(Pricing.Geometry.Mesh.TriangleTile tile) => tile;
    }
}
