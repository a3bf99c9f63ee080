using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using Pricing.Cli.Bench;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>3MF and AMF: placing, units, extensions, and every bomb a container can carry.</summary>
sealed class PackageTests
{
    const string Build = "<build><item objectid='1'/></build>";

    static string Tetra(int id, string attributes = "") => $"<object id='{id}' {attributes}>{Samples.TetraMesh}</object>";

    static MeshFormatException Refusal(byte[] file, string name = "a.3mf") => Assert.Throws<MeshFormatException>(() => Soup.Decode(file, name))!;

    static string Reason(string inner, string attributes = "", params (string, string)[] parts) => Refusal(Samples.ThreeMf(inner, attributes, parts)).Reason;

    [TestCase("", LengthUnit.Millimetre), TestCase("unit='millimeter'", LengthUnit.Millimetre), TestCase("unit='micron'", LengthUnit.Micrometre)]
    [TestCase("unit='centimeter'", LengthUnit.Centimetre), TestCase("unit='inch'", LengthUnit.Inch), TestCase("unit='foot'", LengthUnit.Foot), TestCase("unit='meter'", LengthUnit.Metre)]
    public void The_file_states_its_unit(string attribute, LengthUnit unit)
    {
        var soup = Soup.Decode(Samples.ThreeMf($"<resources>{Tetra(1)}</resources>{Build}", attribute));
        Assert.That(soup.FileUnit, Is.EqualTo(unit));
        Assert.That(soup.Coordinates.Max(), Is.EqualTo((float)unit.InMillimetres()));
    }

    [Test]
    public void Components_and_items_are_placed_and_a_mirror_keeps_the_outside_outside()
    {
        var file = Samples.ThreeMf($"""
            <resources>{Tetra(1)}<object id='2'><components><component objectid='1'/><component objectid='1' transform='-1 0 0 0 1 0 0 0 1 0 0 0'/></components></object></resources>
            <build><item objectid='2' transform='2 0 0 0 2 0 0 0 2 10 20 30'/><item objectid='1'/></build>
            """);
        var soup = Soup.Decode(file);
        Assert.That(soup.Triangles, Is.EqualTo(12));
        Assert.That(soup.IsClosed(), Is.True);
        Assert.That(soup.SignedVolume(), Is.EqualTo((8 + 8 + 1) / 6.0).Within(1e-9));
        Assert.That((soup.Coordinates.Min(), soup.Coordinates.Max()), Is.EqualTo((0f, 32f)));
    }

    [Test]
    public void The_production_extension_reaches_other_parts_of_the_package()
    {
        var soup = Soup.Decode(Samples.ThreeMf(
            "<resources><object id='7'><components><component objectid='1' p:path='/3D/other.model'/></components></object></resources><build><item objectid='7'/><item p:path='/3D/other.model' objectid='1'/></build>",
            "requiredextensions='p'", ("3D/other.model", Samples.Model($"<resources>{Tetra(1)}</resources><build/>"))));
        Assert.That(soup.Triangles, Is.EqualTo(8));
    }

    [Test]
    public void Support_objects_and_unprintable_items_are_left_out_and_said()
    {
        var soup = Soup.Decode(Samples.ThreeMf($"<resources>{Tetra(1)}{Tetra(2, "type='support'")}</resources><build><item objectid='1'/><item objectid='2'/><item objectid='1' printable='0'/></build>"));
        Assert.That(soup.Triangles, Is.EqualTo(4));
        Assert.That(soup.Notes.Select(note => note.Code), Is.EquivalentTo(new[] { "OBJECTS_SKIPPED", "ITEMS_NOT_PRINTABLE" }));
    }

    [Test]
    public void Foreign_elements_are_stepped_over_and_a_lattice_alone_is_refused()
    {
        const string Lattice = "<b:beamlattice xmlns:b='b'><b:beams><b:beam v1='0' v2='1'/><vertex x='nan'/></b:beams></b:beamlattice>";
        var soup = Soup.Decode(Samples.ThreeMf($"<metadata name='a'>&amp;</metadata><resources><!-- <object> --><m:x xmlns:m='m'><triangle/></m:x>{Tetra(1).Replace("</mesh>", Lattice + "</mesh>")}</resources>{Build}"));
        Assert.That(soup.Notes.Single().Code, Is.EqualTo("BEAM_LATTICE_IGNORED"));
        Assert.That(Reason($"<resources><object id='1'><mesh><vertices><vertex x='0' y='0' z='0'/></vertices>{Lattice}</mesh></object></resources>{Build}"), Is.EqualTo("BEAM_LATTICE_NOT_SUPPORTED"));
    }

    [TestCase("<resources></resources><build/>", "MESH_EMPTY")]
    [TestCase("<resources></resources>", "THREEMF_BUILD_MISSING")]
    [TestCase("<resources></resources><build><item objectid='1'/></build>", "THREEMF_OBJECT_MISSING")]
    [TestCase("<resources></resources><build><item objectid='1' p:path='/x.model'/></build>", "THREEMF_MODEL_MISSING")]
    [TestCase("<resources></resources><build><item objectid='1' p:path='../../etc/passwd'/></build>", "THREEMF_MODEL_MISSING")]
    [TestCase("<resources><object id='1'><mesh><vertices><vertex x='1' y='b' z='0'/></vertices></mesh></object></resources><build/>", "NUMBER_MALFORMED")]
    [TestCase("<resources><object id='1'><mesh><vertices><vertex x='1' y='NaN' z='0'/></vertices></mesh></object></resources><build/>", "COORDINATE_NOT_FINITE")]
    [TestCase("<resources><object id='1'><mesh><vertices><vertex x='1' y='0'/></vertices></mesh></object></resources><build/>", "NUMBER_MALFORMED")]
    [TestCase("<resources><object id='1'><mesh><triangles><triangle v1='0' v2='0' v3='0'/></triangles></mesh></object></resources><build/>", "INDEX_OUT_OF_RANGE")]
    [TestCase("<resources><object id='1'/><object id='1'/></resources><build/>", "THREEMF_MALFORMED")]
    [TestCase("<resources/><build><item objectid='1' transform='1 0 0'/></build>", "NUMBER_MALFORMED")]
    [TestCase("<resources></build>", "XML_MALFORMED")]
    [TestCase("<resources>", "XML_MALFORMED")]
    [TestCase("<resources a='1' a='2'/>", "XML_MALFORMED")]
    [TestCase("<resources a='&bomb;'/>", "XML_MALFORMED")]
    public void A_model_gone_wrong_is_named(string inner, string reason) => Assert.That(Reason(inner), Is.EqualTo(reason));

    [Test]
    public void Required_extensions_we_do_not_read_are_refused()
    {
        Assert.That(Reason($"<resources>{Tetra(1)}</resources>{Build}", "xmlns:sc='http://schemas.microsoft.com/3dmanufacturing/securecontent/2019/04' requiredextensions='sc'"),
            Is.EqualTo("THREEMF_EXTENSION_UNSUPPORTED"));
        Assert.That(Reason($"<resources>{Tetra(1)}</resources>{Build}", "unit='furlong'"), Is.EqualTo("UNIT_UNKNOWN"));
    }

    [Test]
    public void A_cycle_of_components_is_refused()
    {
        Assert.That(Reason("<resources><object id='1'><components><component objectid='2'/></components></object><object id='2'><components><component objectid='1'/></components></object></resources><build><item objectid='1'/></build>"),
            Is.EqualTo("COMPONENT_CYCLE"));
    }

    /// <summary>Each level holds the one below ten times: the laughter must stop at counting, before any instancing.</summary>
    [TestCase(true, "TOO_MANY_TRIANGLES", 12), TestCase(false, "TOO_MANY_COMPONENTS", 12), TestCase(true, "TOO_MANY_COMPONENTS", 6)]
    public void Nested_components_cannot_become_a_bomb(bool triangles, string reason, int levels)
    {
        var many = triangles && levels > 6 ? string.Concat(Enumerable.Repeat("<triangle v1='0' v2='2' v3='1'/>", 2000)) : "";
        var mesh = triangles ? Samples.TetraMesh.Replace("</triangles>", many + "</triangles>") : "<mesh><vertices/></mesh>";
        var text = new StringBuilder($"<resources><object id='1'>{mesh}</object>");
        for (var level = 2; level <= levels; level++)
            text.Append($"<object id='{level}'><components>").Insert(text.Length, $"<component objectid='{level - 1}'/>", 10).Append("</components></object>");
        text.Append($"</resources><build><item objectid='{levels}'/></build>");
        var watch = Stopwatch.StartNew();
        Assert.That(Reason(text.ToString()), Is.EqualTo(reason));
        Assert.That(watch.ElapsedMilliseconds, Is.LessThan(2000));
    }

    /// <summary>Items name the deepest object first, so that a walk that remembers results never goes deep, yet writing would.</summary>
    [Test]
    public void A_long_chain_of_components_is_refused_even_when_it_is_known_from_its_end()
    {
        var text = new StringBuilder($"<resources>{Tetra(1)}");
        for (var id = 2; id <= 5000; id++)
            text.Append($"<object id='{id}'><components><component objectid='{id - 1}'/></components></object>");
        text.Append("</resources><build>");
        for (var id = 1; id <= 5000; id++)
            text.Append($"<item objectid='{id}'/>");
        Assert.That(Reason(text.Append("</build>").ToString()), Is.EqualTo("COMPONENTS_TOO_DEEP"));
    }

    [Test]
    public void Xml_bombs_are_refused()
    {
        byte[] Package(string xml) => Samples.Zip(("3D/3dmodel.model", Samples.Utf8(xml)));
        Assert.That(Refusal(Package("<!DOCTYPE lolz [<!ENTITY a 'a'><!ENTITY b '&a;&a;'>]><model>&b;</model>")).Reason, Is.EqualTo("XML_DTD_PROHIBITED"));
        Assert.That(Refusal(Package("<model>" + string.Concat(Enumerable.Repeat("<a>", 100)))).Reason, Is.EqualTo("XML_TOO_DEEP"));
        Assert.That(Refusal(Package($"<model a='{new string('x', 100_000)}'/>")).Reason, Is.EqualTo("XML_TAG_TOO_LONG"));
        Assert.That(Refusal(Package($"<model {string.Concat(Enumerable.Range(0, 100).Select(i => $"a{i}='' "))}/>")).Reason, Is.EqualTo("XML_MALFORMED"));
        Assert.That(Refusal(Samples.Zip(("3D/3dmodel.model", Encoding.Unicode.GetBytes("<?xml version='1.0' encoding='utf-16'?><model/>")))).Reason, Is.EqualTo("XML_MALFORMED"));
    }

    [Test]
    public void A_zip_bomb_is_stopped_by_the_bytes_that_really_come_out()
    {
        var spaces = new byte[64 << 20];
        Array.Fill(spaces, (byte)' ');
        var bomb = Samples.Zip(("3D/3dmodel.model", [.. Samples.Utf8("<model>"), .. spaces, .. Samples.Utf8("</model>")]));
        Assert.That(Refusal(bomb).Reason, Is.EqualTo("ZIP_BOMB"));

        // The same with a directory that lies about the size.
        var at = bomb.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(bomb.AsSpan(at + 24), 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Refusal(bomb).Reason, Is.EqualTo("ZIP_BOMB").Or.EqualTo("ZIP_MALFORMED"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(8 << 20));
    }

    [TestCase("../evil.model"), TestCase("/3D/a.model"), TestCase("a/../../b.model"), TestCase("C:/a.model"), TestCase("..\\evil.model")]
    public void A_name_that_leaves_the_package_is_refused(string name) =>
        Assert.That(Refusal(Samples.Zip((name, [1]))).Reason, Is.EqualTo("ZIP_PATH_TRAVERSAL"));

    [Test]
    public void Zips_of_doubles_of_many_entries_and_of_something_else_are_refused()
    {
        Assert.That(Refusal(Samples.Zip(("3D/a.model", [1]), ("3d/A.MODEL", [2]))).Reason, Is.EqualTo("ZIP_DUPLICATE_ENTRY"));
        Assert.That(Refusal(Samples.Zip([.. Enumerable.Range(0, Limits.Mesh.ZipEntriesMax + 1).Select(i => ($"{i}.model", Array.Empty<byte>()))])).Reason, Is.EqualTo("ZIP_TOO_MANY_ENTRIES"));
        Assert.That(Refusal(Samples.Zip(("readme.txt", [1])), "a.zip").Reason, Is.EqualTo("FORMAT_UNKNOWN"));
        Assert.That(Refusal(Samples.Zip(), "a.zip").Reason, Is.EqualTo("FORMAT_UNKNOWN"));
    }

    [Test]
    public void A_damaged_entry_is_found_by_its_crc()
    {
        var file = Samples.File("mesh.3mf", Samples.Torus());
        var at = file.AsSpan().LastIndexOf("PK\x01\x02"u8);
        file[at + 16] ^= 1;
        Assert.That(Refusal(file).Reason, Is.EqualTo("ZIP_CRC_MISMATCH"));
    }

    [Test]
    public void Mutated_xml_inside_a_package_is_refused_or_decoded_but_never_more_than_that()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = Samples.Utf8(Samples.Model($"<metadata name='a'>t</metadata><resources>{Tetra(1)}<object id='2'><components><component objectid='1' transform='1 0 0 0 1 0 0 0 1 0 0 5'/></components></object></resources><build><item objectid='2'/></build>"));
        var reasons = new SortedDictionary<string, int>();
        for (var i = 0; i < 3000; i++)
        {
            var file = Samples.Zip(("3D/3dmodel.model", Mutation.Of(model, random)));
            string reason;
            try
            {
                Soup.Decode(file);
                reason = "decoded";
            }
            catch (MeshFormatException e)
            {
                reason = e.Reason;
            }
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }
        TestContext.Out.WriteLine(string.Join(", ", reasons.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.That(reasons, Has.Count.GreaterThan(6));
    }

    static string Amf(string body, string attributes = "") => $"<amf {attributes}>{body}</amf>";

    const string AmfTetra = """
        <mesh><vertices><vertex><coordinates><x>0</x><y>0</y><z>0</z></coordinates></vertex><vertex><coordinates><x> 1 </x><y>0</y><z>0</z></coordinates></vertex>
        <vertex><coordinates><x>0</x><y>1</y><z>0</z></coordinates></vertex><vertex><coordinates><x>0</x><y>0</y><z>1</z></coordinates></vertex></vertices>
        <volume><triangle><v1>0</v1><v2>2</v2><v3>1</v3></triangle><triangle><v1>0</v1><v2>1</v2><v3>3</v3></triangle></volume>
        <volume><triangle><v1>1</v1><v2>2</v2><v3>3</v3></triangle><triangle><v1>2</v1><v2>0</v2><v3>3</v3></triangle></volume></mesh>
        """;

    [Test]
    public void Amf_constellations_place_and_turn_by_quarters()
    {
        var soup = Soup.Decode(Samples.Utf8(Amf($"""
            <object id='1'>{AmfTetra}</object><object id='2'>{AmfTetra}</object>
            <constellation id='9'><instance objectid='1'><deltax>10</deltax><rz>90</rz></instance><instance objectid='1'><deltay>-5</deltay><rx>180</rx></instance></constellation>
            """, "unit='inch'")), unit: LengthUnit.Millimetre);
        Assert.That(soup.FileUnit, Is.EqualTo(LengthUnit.Inch));
        Assert.That(soup.Triangles, Is.EqualTo(12));
        Assert.That(soup.IsClosed(), Is.True);
        Assert.That(soup.SignedVolume(), Is.EqualTo(0.5).Within(1e-9));
        Assert.That(soup.Coordinates.Min(), Is.EqualTo(-6));
    }

    [TestCase("<object id='1'><mesh><vertices><vertex><coordinates><x>0</x><y>0</y></coordinates></vertex></vertices></mesh></object>", "AMF_MALFORMED")]
    [TestCase("<object id='1'><mesh><vertices><vertex><coordinates><x><v1>0</v1></x></coordinates></vertex></vertices></mesh></object>", "AMF_MALFORMED")]
    [TestCase("<object id='1'><triangle><coordinates><x>1</x></coordinates></triangle></object>", "AMF_MALFORMED")]
    [TestCase("<triangle><v1>0</v1><v2>0</v2><v3>0</v3></triangle>", "AMF_MALFORMED")]
    [TestCase("<constellation id='1'><instance objectid='5'/></constellation>", "AMF_OBJECT_MISSING")]
    [TestCase("<object id='1'><mesh/></object><constellation id='1'><instance objectid='1'><rx>30</rx></instance></constellation>", "AMF_ROTATION_NOT_SUPPORTED")]
    [TestCase("<object id='1'><volume><triangle><v1>0</v1><v2>1</v2><v3>1e3</v3></triangle></volume></object>", "NUMBER_MALFORMED")]
    public void An_amf_gone_wrong_is_named(string body, string reason) =>
        Assert.That(Refusal(Samples.Utf8(Amf(body)), "a.amf").Reason, Is.EqualTo(reason));
}
