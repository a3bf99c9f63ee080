using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>
/// Every real file decodes to the triangles other tools count, or is refused for the reason written here. Without the corpus the table
/// below is still held against the project's own examples by the other tests of this folder.
/// </summary>
sealed class CorpusTests
{
    /// <summary>Good files that are refused on purpose.</summary>
    static readonly Dictionary<string, string> Refused = new()
    {
        ["3mf_beamlattice_pyramid.3mf"] = "BEAM_LATTICE_NOT_SUPPORTED",
        ["CubeHierarchy.bin"] = "FORMAT_UNKNOWN",
        ["o3dv_CubeHierarchy.gltf"] = "GLTF_EXTERNAL_BUFFER",
        ["lcr_gripper_static_part.step"] = "STEP_NOT_SUPPORTED",
        ["so100_wrist_roll_pitch.step"] = "STEP_NOT_SUPPORTED",
        ["stepcode_io1-cm-214.stp"] = "STEP_NOT_SUPPORTED",
        ["trimesh_featuretype.step"] = "STEP_NOT_SUPPORTED",
    };

    /// <summary>Bad files: the reason, or the triangles where a measurement is right (and the comment says why).</summary>
    static readonly Dictionary<string, string> Bad = new()
    {
        ["2CylinderEngine.bin"] = "FORMAT_UNKNOWN",
        ["3mf_MUSTFAIL_LinkToExternal.3mf"] = "12",                // only a thumbnail points outside; no link is ever followed
        ["3mf_MUSTFAIL_MissingBuild.3mf"] = "THREEMF_BUILD_MISSING",
        ["IndexOutOfRange.bin"] = "FORMAT_UNKNOWN",
        ["assimp_3mf_index_oob.3mf"] = "1",                        // the index out of range is a colour's
        ["assimp_IndexOutOfRange.gltf"] = "GLTF_EXTERNAL_BUFFER",
        ["assimp_MissingBin.gltf"] = "GLTF_EXTERNAL_BUFFER",
        ["assimp_OutOfMemory.off"] = "TOO_MANY_VERTICES",
        ["assimp_RecursiveNodes.gltf"] = "GLTF_NODE_CYCLE",
        ["assimp_draco_2CylinderEngine.gltf"] = "GLTF_EXTENSION_UNSUPPORTED",
        ["assimp_malformed.obj"] = "INDEX_OUT_OF_RANGE",
        ["derived_3mf_300MB_bomb.3mf"] = "ZIP_BOMB",
        ["derived_3mf_truncated_rook.3mf"] = "ZIP_MALFORMED",
        ["derived_flat_rook.stl"] = "6716",                        // flat, but well formed: the measurement judges it
        ["derived_glb_bad_length_rook.glb"] = "GLB_LENGTH_MISMATCH",
        ["derived_ply_truncated_rook.ply"] = "PLY_TRUNCATED",
        ["derived_rook_3e38_coord.stl"] = "COORDINATE_OUT_OF_RANGE",
        ["derived_rook_ascii_4vertices.stl"] = "STL_FACET_CORNERS",
        ["derived_rook_ascii_comma_decimal.stl"] = "NUMBER_MALFORMED",
        ["derived_rook_ascii_truncated.stl"] = "STL_TRUNCATED",
        ["derived_rook_ascii_weird.stl"] = "2000",                 // upper case, lone CRs, tabs: odd, not wrong
        ["derived_rook_count_ffffffff.stl"] = "STL_COUNT_MISMATCH",
        ["derived_rook_count_too_big.stl"] = "STL_COUNT_MISMATCH",
        ["derived_rook_count_too_small.stl"] = "STL_COUNT_MISMATCH",
        ["derived_rook_count_zero.stl"] = "STL_COUNT_MISMATCH",
        ["derived_rook_inf_coords.stl"] = "COORDINATE_NOT_FINITE",
        ["derived_rook_nan_coords.stl"] = "COORDINATE_NOT_FINITE",
        ["derived_rook_nan_normals_only.stl"] = "6716",            // stored normals are never read
        ["derived_rook_obj_index_range.obj"] = "INDEX_OUT_OF_RANGE",
        ["derived_rook_solid_header_binary.stl"] = "6716",
        ["derived_rook_truncated_mid_triangle.stl"] = "STL_TRUNCATED",
        ["empty.obj"] = "FILE_EMPTY",
        ["lib3mf_DOS-FUZ.3mf"] = "ZIP_CRC_MISMATCH",
        ["lib3mf_dup_attr_component_transform.3mf"] = "XML_MALFORMED",
        ["openscad_amf_broken.amf"] = "NUMBER_MALFORMED",
        ["openscad_toomanyvertices.stl"] = "STL_FACET_CORNERS",
        ["openscad_unparseable.stl"] = "STL_SYNTAX",
        ["slic3r_5061_malicious.amf"] = "INDEX_OUT_OF_RANGE",
        ["trimesh_empty.stl"] = "MESH_EMPTY",
        ["trimesh_notenoughindices.obj"] = "1",                    // a face of two corners has no area: skipped, with a note
        ["trimesh_ply_empty_bin.ply"] = "MESH_EMPTY",
        ["trimesh_points_bin.ply"] = "MESH_EMPTY",
        ["trimesh_stl_empty_ascii.stl"] = "MESH_EMPTY",
    };

    static string Outcome(string path)
    {
        try
        {
            return Soup.Decode(File.ReadAllBytes(path), Path.GetFileName(path)).Triangles.ToString(CultureInfo.InvariantCulture);
        }
        catch (MeshFormatException e)
        {
            TestContext.Out.WriteLine($"{Path.GetFileName(path)}: {e.Reason}: {e.Message} {e.Field}: at most or rather {e.Limit}, but {e.Actual}");
            return e.Reason;
        }
    }

    [Test]
    public void Good_files_have_the_triangles_other_tools_count()
    {
        var truth = Corpus.Truth("geometry_dev.csv", "tm_tri");
        var cgal = Corpus.Truth("geometry_dev.csv", "cg_tri");
        foreach (var path in Corpus.Files("models"))
        {
            var name = Path.GetFileName(path);
            var outcome = Outcome(path);
            if (Refused.TryGetValue(name, out var reason))
                Assert.That(outcome, Is.EqualTo(reason), name);
            else if (truth.GetValueOrDefault(name) is { Length: > 0 } triangles)
                Assert.That(outcome, Is.EqualTo(triangles), name);
            else
                Assert.That(outcome, Is.EqualTo(cgal[name]), name);
        }
    }

    [Test]
    public void Bad_files_are_refused_for_their_own_reason_and_quickly()
    {
        foreach (var path in Corpus.Files("bad"))
        {
            var watch = Stopwatch.StartNew();
            Assert.That(Outcome(path), Is.EqualTo(Bad.GetValueOrDefault(Path.GetFileName(path))), Path.GetFileName(path));
            Assert.That(watch.ElapsedMilliseconds, Is.LessThan(5_000), Path.GetFileName(path));
        }
    }

    /// <summary>The same promise on models of our own, for machines without the corpus.</summary>
    [Test]
    public void Every_example_has_its_triangles_in_every_format()
    {
        foreach (var example in Pricing.Geometry.Examples.ExampleModels.All)
        {
            var mesh = example.Build();
            foreach (var name in Samples.Names)
                Assert.That(Soup.Decode(Samples.File(name, mesh), name).Triangles, Is.EqualTo(mesh.TriangleCount), $"{example.Name} as {name}");
        }
    }
}
