namespace Pricing.Geometry;

/// <summary>File formats a model may come in.</summary>
public enum MeshFormat
{
    StlBinary,
    StlAscii,
    Obj,
    Ply,
    Off,
    ThreeMf,
    Gltf,
    Glb,
    Amf,
}
